"""Kaggle kernels: built, run offline as Kaggle would run them, pushed."""
