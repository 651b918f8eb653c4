"""Whole jobs over the stages: everything at once, submitting, predicting new rows."""
