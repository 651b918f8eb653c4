"""Writes movie-valence.csv beside this script, wherever it is run from."""

from foldwise.folds.script import run_fold_script

if __name__ == "__main__":
    run_fold_script(__file__, strategy="auto", n=5, seed=42)
