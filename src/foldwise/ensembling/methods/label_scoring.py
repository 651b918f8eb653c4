"""Metrics of labels of a growing blend: only rows whose label one more member could turn are read.

Another label overtakes the leading one only if some member prefers it by more than the leading one
is ahead. Where no member does, the label stays, and the row is passed over; after a few members
that is most rows.
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
        # (labels, rows) by how much a member at most prefers another label to this one
        self.reach = np.zeros((self.labels, rows), dtype=np.float32)
        for member, mine in zip(values, self.columns, strict=True):
            mine[:] = member.T
            np.maximum(self.reach, mine.max(axis=0) - mine, out=self.reach)

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
        """Count the rows by their labels, and keep aside those whose labels may turn."""
        total, many = self._sum, self._scoring.labels
        labels = most_probable(total)
        leading, others = total.max(axis=0), total.copy()
        others[labels, np.arange(len(labels))] = -np.inf
        second = others.max(axis=0)
        reach = at_label(self._scoring.reach, labels) * (1 + ROUNDING) + ROUNDING
        self._counts = count(self._scoring.truth, labels, many)
        self._turning = np.flatnonzero(leading - second <= reach)
        self._open = np.ascontiguousarray(total[:, self._turning])
        self._labels, self._truth = labels[self._turning], self._scoring.truth[self._turning]

    def _counts_with(self, member: Singles) -> Floats:
        """(labels, labels) counts of truths and guesses with one more member."""
        added = np.take(member, self._turning, axis=1)
        added += self._open
        turned = np.flatnonzero(at_label(added, self._labels) < added.max(axis=0))
        truth, before = self._truth[turned], self._labels[turned]
        now, many = most_probable(added[:, turned]), self._scoring.labels
        return self._counts - count(truth, before, many) + count(truth, now, many)


def at_label(columns: Singles, labels: Indices) -> Singles:
    """(rows,) of (labels, rows) values those at each row's label."""
    rows = columns.shape[1]
    return np.asarray(np.take(columns.reshape(-1), labels * rows + np.arange(rows)))


def most_probable(columns: Singles) -> Indices:
    """(rows,) the label of the greatest of (labels, rows) values, of equals the first.

    Several times as fast as argmax along the first axis.
    """
    best = columns[0].copy()
    labels = np.zeros(columns.shape[1], dtype=np.int16)  # small ones are quicker to write
    for label in range(1, len(columns)):
        np.copyto(labels, label, where=columns[label] > best)
        np.maximum(best, columns[label], out=best)
    return labels.astype(np.int64)
