"""Metrics of labels of a growing blend: only rows whose label one more member could turn are read.

A member moves the distance between two labels' sums by no more than the distance between its own
most and least probable ones. Where the leading label is further ahead than that for every member,
it stays, and the row is passed over; with ten members that is most rows.
"""

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.confusion import BY_METRIC, count

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]
ROUNDING = 1e-4  # of sums in single precision, generously


class LabelScoring:
    """A metric that reads nothing but each row's most probable label.

    Args:
        values: (members, rows, labels) probabilities, or their logarithms.
        truth: (rows,) the true labels.
        metric: one of `foldwise.ensembling.confusion.BY_METRIC`.
    """

    def __init__(self, values: Floats, truth: Indices, metric: str) -> None:
        self.members, rows, self.labels = values.shape
        self.truth, self.score = truth, BY_METRIC[metric]
        # label by label, so that each step reads memory in order
        self.columns = np.empty((self.members, self.labels, rows), dtype=np.float32)
        self.reach = np.zeros(rows, dtype=np.float32)  # how far one member moves a distance
        for member, mine in zip(values, self.columns, strict=True):
            mine[:] = member.T
            np.maximum(self.reach, mine.max(axis=0) - mine.min(axis=0), out=self.reach)

    def begin(self) -> "_GrowingLabels":
        """A blend without members."""
        return _GrowingLabels(self)


class _GrowingLabels:
    def __init__(self, scoring: LabelScoring) -> None:
        self._scoring = scoring
        self._sum = np.zeros(scoring.columns.shape[1:], dtype=np.float32)
        self._settle()

    def with_each(self, members: list[int]) -> Floats:
        tables = np.stack([self._counts_with(self._scoring.columns[i]) for i in members])
        scores = self._scoring.score(tables)
        return np.where(np.isnan(scores), -np.inf, scores)

    def add(self, member: int) -> None:
        self._sum = self._sum + self._scoring.columns[member]
        self._settle()

    def _settle(self) -> None:
        """Count the rows whose labels stay, and keep aside those that may turn."""
        labels = most_probable(self._sum)
        leading = self._sum.max(axis=0)
        rows = np.arange(len(labels))
        others = self._sum.copy()
        others[labels, rows] = -np.inf
        ahead = leading - others.max(axis=0)
        turning = ahead <= self._scoring.reach * (1 + ROUNDING) + ROUNDING
        truth, many = self._scoring.truth, self._scoring.labels
        self._staying = count(truth[~turning], labels[~turning], many)
        self._turning = np.flatnonzero(turning)
        self._open = np.ascontiguousarray(self._sum[:, self._turning])
        self._truth = truth[self._turning]

    def _counts_with(self, member: Singles) -> Floats:
        """(labels, labels) counts of truths and guesses with one more member."""
        added = self._open + np.take(member, self._turning, axis=1)
        return self._staying + count(self._truth, most_probable(added), self._scoring.labels)


def most_probable(columns: Singles) -> Indices:
    """(rows,) the label of the greatest of (labels, rows) values, of equals the first.

    Several times as fast as argmax along the first axis.
    """
    best = columns[0].copy()
    labels = np.zeros(columns.shape[1], dtype=np.int64)
    for label in range(1, len(columns)):
        above = columns[label] > best
        labels[above] = label
        np.maximum(best, columns[label], out=best)
    return labels
