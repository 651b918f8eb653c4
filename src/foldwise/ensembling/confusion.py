"""Metrics of labels from tables of counts, for searches that score thousands of decisions.

The same numbers as `foldwise.competition.classification_metrics` gives row by row; the tests hold
them to it. What is reported is always scored there.
"""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def count(truth: Indices, guess: Indices, labels: int) -> Floats:
    """(labels, labels) how many rows of each true label, down, have each guess, across."""
    pairs = np.bincount(truth * labels + guess, minlength=labels * labels)
    return np.asarray(pairs.reshape(labels, labels), dtype=np.float64)


def accuracy(counts: Floats) -> Floats:
    """(...,) the share on the diagonal of (..., labels, labels) counts."""
    return np.asarray(np.trace(counts, axis1=-2, axis2=-1) / counts.sum(axis=(-2, -1)))


def macro_f1(counts: Floats) -> Floats:
    """(...,) the mean F1 of the labels that occur."""
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    sizes = counts.sum(axis=-1) + counts.sum(axis=-2)
    f1 = np.divide(2 * right, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    return np.asarray(f1.sum(axis=-1) / (sizes > 0).sum(axis=-1))


def qwk(counts: Floats) -> Floats:
    """(...,) kappa with quadratic weights; NaN where all truths and guesses are one label."""
    labels = counts.shape[-1]
    positions = np.arange(labels)
    squares = np.square(positions[:, None] - positions).astype(np.float64)
    rows = counts.sum(axis=(-2, -1))
    truths, guesses = counts.sum(axis=-1), counts.sum(axis=-2)
    chance = ((truths @ squares) * guesses).sum(axis=-1) / rows
    seen = (counts * squares).sum(axis=(-2, -1))
    kappa = 1 - np.divide(seen, chance, out=np.full_like(chance, np.nan), where=chance > 0)
    return np.asarray(kappa)


BY_METRIC: MappingProxyType[str, Callable[[Floats], Floats]] = MappingProxyType(
    {"accuracy": accuracy, "macro_f1": macro_f1, "qwk": qwk}
)
