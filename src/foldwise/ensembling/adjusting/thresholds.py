"""A threshold for each label, for metrics of labels such as macro F1."""

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.confusion import BY_METRIC, count

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
TRIED = np.exp(np.linspace(-4, 4, 161))  # factors, in steps of 5 %; rare labels need large ones
PASSES = 5  # over all labels, at most


def fit_factors(probabilities: Floats, truth: Indices, metric: str) -> list[float]:
    """One factor a label, the first's 1, of the best score by coordinate ascent.

    It begins with no change, and a factor moves only for a better score; see `reweighted`.
    """
    labels = probabilities.shape[1]
    factors = np.ones(labels)
    unchanged = count(truth, probabilities.argmax(axis=1), labels)
    best = float(_scores(unchanged[None], metric)[0])
    for _ in range(PASSES):
        before = factors.copy()
        for label in range(1, labels):
            scores = _scores(_counts(probabilities, truth, factors, label), metric)
            tried = int(scores.argmax())  # of equals the least
            if scores[tried] > best:
                best, factors[label] = float(scores[tried]), TRIED[tried]
        if np.array_equal(before, factors):
            break
    return [float(factor) for factor in factors]


def _counts(probabilities: Floats, truth: Indices, factors: Floats, label: int) -> Floats:
    """(tried, labels, labels) counts of truths and guesses with each factor tried for the label.

    In one pass: a row is guessed to be the label from that factor on at which it overtakes the best
    of the others, so that rows need only be counted between neighbouring factors.
    """
    labels, tried = len(factors), len(TRIED)
    rest = probabilities * factors
    rest[:, label] = -np.inf
    other = rest.argmax(axis=1)
    mine, theirs = probabilities[:, label], rest.max(axis=1)
    # of equals the first label is guessed, as argmax does
    turns = np.full(len(mine), tried)
    possible = mine > 0
    ratio = theirs[possible] / mine[possible]
    first = (label < other)[possible]
    turns[possible] = np.where(
        first, np.searchsorted(TRIED, ratio, "left"), np.searchsorted(TRIED, ratio, "right")
    )
    at = (turns * labels + truth) * labels
    shape = (tried + 1, labels, labels)
    gone = np.bincount(at + other, minlength=(tried + 1) * labels * labels).reshape(shape)
    won = np.zeros(shape)
    won[:, :, label] = gone.sum(axis=2)
    turned = np.cumsum(won - gone, axis=0)[:tried]
    return np.asarray(turned + count(truth, other, labels))


def _scores(counts: Floats, metric: str) -> Floats:
    """(tries,) scores of (tries, labels, labels) counts; undefined: the worst."""
    scores = BY_METRIC[metric](counts)
    return np.where(np.isnan(scores), -np.inf, scores)
