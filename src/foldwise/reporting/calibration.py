"""Whether a classifier is right as often as it is sure, and how well it knows each class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

BINS = 15  # of equal width, as in https://arxiv.org/abs/1706.04599


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of like confidence.

    Attributes:
        confidence: the mean probability of their most probable label.
        accuracy: how often that is right.
        standard_error: of the accuracy, were it the confidence.
        rows: how many.
    """

    confidence: float
    accuracy: float
    standard_error: float
    rows: int


@dataclass(frozen=True)
class Calibration:
    """How far accuracy and confidence are apart.

    Attributes:
        bins: that have rows.
        error: expected calibration error: the mean distance, weighted by rows.
        by_luck: its mean where every row is right with the probability of its confidence.
    """

    bins: Sequence[ReliabilityBin]
    error: float
    by_luck: float


def calibration(truth: Indices, probabilities: Floats) -> Calibration:
    """The calibration of the most probable label, in bins of equal width.

    The error is above zero by luck alone, the more so the fewer the rows; `by_luck` says how much.
    https://arxiv.org/abs/1706.04599, section 2

    Args:
        truth: (rows,) label indices.
        probabilities: (rows, labels).
    """
    confidence = probabilities.max(axis=1)
    right = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    part = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    rows = np.bincount(part, minlength=BINS)
    used = np.flatnonzero(rows)
    sure = np.bincount(part, weights=confidence, minlength=BINS)[used]
    hits = np.bincount(part, weights=right, minlength=BINS)[used]
    # of independent rows, each right with its own probability
    spread = np.bincount(part, weights=confidence * (1 - confidence), minlength=BINS)[used]
    spread = np.sqrt(np.maximum(spread, 0.0))
    bins = [
        ReliabilityBin(float(s / n), float(h / n), float(e / n), int(n))
        for s, h, e, n in zip(sure, hits, spread, rows[used], strict=True)
    ]
    error = float(np.abs(hits - sure).sum() / len(truth))
    # the mean distance of a normal variable from its mean is this share of its deviation
    by_luck = float(np.sqrt(2 / np.pi) * spread.sum() / len(truth))
    return Calibration(bins, error, by_luck)


@dataclass(frozen=True)
class ClassFigures:
    """How well one label is found; a share whose denominator is 0 is None.

    Attributes:
        precision: of the rows given the label, how many have it.
        recall: of the rows that have it, how many are given it.
        f1: their harmonic mean.
        support: rows that have it.
        given: rows that are given it.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    given: int


def class_figures(labels: Sequence[str], counts: Floats) -> list[ClassFigures]:
    """The figures of each label from (labels, labels) counts, true down and given across."""
    found = []
    for i, label in enumerate(labels):
        support, given, hits = int(counts[i].sum()), int(counts[:, i].sum()), float(counts[i, i])
        f1 = 2 * hits / (support + given) if support + given else None
        precision = hits / given if given else None
        recall = hits / support if support else None
        found.append(ClassFigures(label, precision, recall, f1, support, given))
    return found


def share_error(share: float, rows: int) -> float:
    """The standard error of a share of so many independent rows.

    Agresti and Coull's: that of two more rows of either kind. The usual one is 0 where all rows, or
    none, are hits, were it a single row. https://doi.org/10.1080/00031305.1998.10480550
    """
    more = (share * rows + 2) / (rows + 4)
    return float(np.sqrt(more * (1 - more) / (rows + 4)))
