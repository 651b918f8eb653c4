"""Runs: folds trained, checkpointed, resumed and gathered into OOF and test predictions."""
