"""Where a competition's files come from: PyPI archives, the kaggle program, a given folder."""
