"""Encoder, pooling and head: from tokens to outputs."""
