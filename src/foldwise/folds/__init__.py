"""Fold tables: made once, in a file, by id and content."""
