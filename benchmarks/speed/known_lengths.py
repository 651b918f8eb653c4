"""Lengths of texts like a competition's, for machines without its data: only they decide speed."""

from typing import NamedTuple

import numpy as np
from speed.random_rows import random_ids
from speed.task import Rows

TOKENS_A_WORD = 1.25  # of RoBERTa's tokenizer in English prose, about


class Lengths(NamedTuple):
    """Words a text: of a normal distribution, or of a geometric one, cut at both ends."""

    mean: float
    deviation: float  # 0: geometric
    least: int
    most: int


KNOWN = {
    # https://www.kaggle.com/competitions/commonlitreadabilityprize/data: excerpts of 135-205 words
    "commonlit": Lengths(mean=172.0, deviation=17.0, least=135, most=205),
    # https://www.kaggle.com/competitions/sentiment-analysis-on-movie-reviews/data: parsed phrases
    "samr": Lengths(mean=7.0, deviation=0.0, least=1, most=52),
}


def drawn_rows(
    competition: str, count: int, vocabulary: int, max_length: int, stretch: float
) -> Rows:
    """Rows of random ids with lengths drawn as `KNOWN` says, times `stretch`, and targets."""
    random = np.random.default_rng(0)
    lengths = KNOWN[competition]
    if lengths.deviation:
        words = random.normal(lengths.mean, lengths.deviation, count)
    else:
        words = random.geometric(1 / lengths.mean, count).astype(float)
    tokens = np.clip(words, lengths.least, lengths.most) * TOKENS_A_WORD * stretch
    ids = [random_ids(random, round(length), vocabulary, max_length) for length in tokens]
    return Rows([], ids, random.normal(size=count).tolist())
