"""The words of a text, and weights of tokens as weights of words."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Span = tuple[int, int]

WORD = re.compile(
    r"\w+(?:['\u2019-]\w+)*|[^\w\s]"
)  # "don't" and "well-made" are one; a mark is one


def word_spans(text: str) -> tuple[Span, ...]:
    """Start and end of each word and mark, in characters; they never overlap."""
    return tuple(match.span() for match in WORD.finditer(text))


def on_words(spans: Sequence[Span], weights: FloatArray, words: Sequence[Span]) -> FloatArray:
    """(words,) the weights of tokens on words, by the characters that they share.

    A token over several words is divided by the characters it has in each; one on no word, such as
    a lone space, is left out.

    Args:
        spans: start and end of each token.
        weights: (tokens,).
        words: start and end of each word, ascending, without overlap.
    """
    found = np.zeros(len(words))
    if not words:
        return found
    starts, ends = np.array(words).T
    for (start, end), weight in zip(spans, weights.tolist(), strict=True):
        shared = (np.minimum(ends, end) - np.maximum(starts, start)).clip(min=0)
        if total := shared.sum():
            found += weight * shared / total
    return found
