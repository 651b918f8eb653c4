"""Kaggle kernels: built from a run, run inside a notebook, pushed by the kaggle program."""
