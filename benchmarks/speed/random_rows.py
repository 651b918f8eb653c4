"""Random ids that stand in for texts."""

import numpy as np

BEGIN, END = 0, 2  # RoBERTa's ids of the tokens around a text
FIRST_WORD = 4  # RoBERTa's ids 0 to 3 begin, pad and end a text, and stand for unknown words
SPECIAL = 2  # tokens that begin and end a text


def random_ids(
    random: np.random.Generator, words: int, vocabulary: int, max_length: int
) -> list[int]:
    """The ids of one text of so many words, at least one, cut at `max_length` tokens."""
    count = min(max(1, words), max_length - SPECIAL)
    return [BEGIN, *random.integers(FIRST_WORD, vocabulary, count).tolist(), END]
