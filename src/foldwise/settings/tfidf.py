"""Settings of the TF-IDF model."""

from typing import Annotated

from pydantic import AfterValidator

from foldwise.settings.section import Count, Positive, Section


def _ascending(lengths: tuple[int, int]) -> tuple[int, int]:
    if lengths[0] > lengths[1]:
        raise ValueError("the shortest length comes first")
    return lengths


Lengths = Annotated[tuple[Count, Count], AfterValidator(_ascending)]  # the shortest, the longest


class Tfidf(Section):
    """TF-IDF of words and characters, with ridge or logistic regression."""

    words: Lengths = (1, 2)  # of word n-grams
    characters: Lengths = (2, 5)  # of character n-grams, inside words
    min_rows: Count = 2  # n-grams in fewer rows are dropped
    penalty: Positive = 1.0  # ridge: alpha; logistic: 1 / C
