"""A built kernel run offline, as Kaggle would run it."""
