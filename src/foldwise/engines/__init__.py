"""Engines beyond this machine."""
