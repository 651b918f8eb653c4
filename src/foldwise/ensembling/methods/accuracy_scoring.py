"""Accuracy of a growing blend: only rows that one more member could turn right or wrong are read.

A row is right while every other label stays behind the true one; by how much each of them is behind
is all that has to be summed. Where no member could bring one of them forward the row stays right,
and where no member could bring back one that leads it stays wrong: most rows, after a few members.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]
ROUNDING = 1e-4  # of sums in single precision, generously
TIE = 1e-12  # of equal labels the first is guessed, so that an earlier one is ahead by so much


class AccuracyScoring:
    """The share of rows whose most probable label is the true one.

    Args:
        values: (members, rows, labels) probabilities, or their logarithms.
        truth: (rows,) the true labels.
    """

    def __init__(self, values: Floats, truth: Indices) -> None:
        self.members, self.rows, labels = values.shape
        others = np.arange(labels - 1)[:, None]
        self.earlier = others < truth  # (other labels, rows)
        columns = others + ~self.earlier  # the labels but the true one, in order
        at = np.arange(self.rows)
        # (members, other labels, rows) how far each is ahead of the true one, in order of reading
        self.ahead = np.empty((self.members, labels - 1, self.rows), dtype=np.float32)
        for member, mine in zip(values, self.ahead, strict=True):
            np.subtract(member[at, columns], member[at, truth], out=mine, casting="same_kind")
        # what one more member adds at most, and at least
        self.most, self.least = self.ahead.max(axis=0), self.ahead.min(axis=0)

    def begin(self) -> "_GrowingAccuracy":
        """A blend without members."""
        return _GrowingAccuracy(self)


class _GrowingAccuracy:
    def __init__(self, scoring: AccuracyScoring) -> None:
        self._scoring = scoring
        # in double precision, which sums of single ones are exact in: ties stay ties
        self._sum = scoring.earlier * TIE
        self._settle()

    def with_each(self, members: list[int]) -> Floats:
        right = np.array([self._right_with(self._scoring.ahead[i]) for i in members])
        return np.asarray((self._settled + right) / self._scoring.rows)

    def add(self, member: int) -> None:
        self._sum += self._scoring.ahead[member]
        self._settle()

    def _settle(self) -> None:
        """Count the rows that stay right, and keep aside those that may turn."""
        scoring = self._scoring
        stays_right = (self._sum + scoring.most < -ROUNDING).all(axis=0)
        stays_wrong = (self._sum + scoring.least > ROUNDING).any(axis=0)
        self._settled = int(stays_right.sum())
        self._turning = np.flatnonzero(~(stays_right | stays_wrong))
        self._open = np.take(self._sum, self._turning, axis=1)

    def _right_with(self, member: Singles) -> int:
        """How many of the rows that may turn are right with one more member."""
        ahead = np.full(len(self._turning), -np.inf)  # of a single label, none
        for already, column in zip(self._open, member, strict=True):
            np.maximum(ahead, np.take(column, self._turning) + already, out=ahead)
        return int(np.count_nonzero(ahead <= 0))
