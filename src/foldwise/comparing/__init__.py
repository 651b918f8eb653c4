"""Which of two is better, and whether the rows and seeds can tell."""
