"""Predictions that travel with their ids."""
