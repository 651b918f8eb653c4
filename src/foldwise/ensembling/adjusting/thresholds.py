"""A threshold for each label, for metrics of labels such as macro F1."""

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.confusion import BY_METRIC, count

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
TRIED = np.exp(np.linspace(-2, 2, 81))  # factors, in steps of 5 %
PASSES = 5  # over all labels, at most


def fit_factors(probabilities: Floats, truth: Indices, metric: str) -> list[float]:
    """One factor a label, the first's 1, of the best score by coordinate ascent.

    It begins with no change, and a factor moves only for a better score; see `reweighted`.
    """
    labels = probabilities.shape[1]
    factors = np.ones(labels)
    best = _score(probabilities, truth, factors, metric)
    for _ in range(PASSES):
        before = factors.copy()
        for label in range(1, labels):
            for factor in TRIED:
                tried = factors.copy()
                tried[label] = factor
                score = _score(probabilities, truth, tried, metric)
                if score > best:
                    best, factors = score, tried
        if np.array_equal(before, factors):
            break
    return [float(factor) for factor in factors]


def _score(probabilities: Floats, truth: Indices, factors: Floats, metric: str) -> float:
    guess = (probabilities * factors).argmax(axis=1)
    score = float(BY_METRIC[metric](count(truth, guess, len(factors))))
    return -np.inf if np.isnan(score) else score
