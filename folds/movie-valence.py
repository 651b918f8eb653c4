"""Writes movie-valence.csv beside this script, wherever it is run from."""

from foldwise.folds.script import run_fold_script

if __name__ == "__main__":
    # an even number of folds keeps both of two cores busy to the end of a run
    run_fold_script(__file__, strategy="auto", n=4, seed=42)
