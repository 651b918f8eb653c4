"""Competitions as data: what a competition is, its files read and checked, its metrics."""
