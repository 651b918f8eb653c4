"""Texts to tokens, tokens to batches."""
