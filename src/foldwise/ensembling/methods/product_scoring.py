"""Squared errors and correlations of a growing blend, from the members' products alone.

The squared error of a mean of members is a mean of products of their errors, so that a step costs
as many multiplications as there are members, however many rows.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SQUARES = frozenset({"rmse", "mse", "mcrmse", "r2"})
CORRELATIONS = frozenset({"pearson"})


class ProductScoring:
    """A metric of squared errors, or the correlation.

    Args:
        values: (members, rows, targets).
        targets: (rows, targets).
        metric: one of `SQUARES` or `CORRELATIONS`.
    """

    def __init__(self, values: Floats, targets: Floats, metric: str) -> None:
        self.metric, self.members = metric, len(values)
        spread = targets - targets.mean(axis=0)
        self.variances = np.square(spread).mean(axis=0)
        parts = values - targets if metric in SQUARES else values - values.mean(axis=1)[:, None]
        columns = parts.transpose(2, 0, 1)  # (targets, members, rows)
        rows = len(targets)
        self.products = np.stack([column @ column.T for column in columns]) / rows
        self.crossed = np.stack([c @ y for c, y in zip(columns, spread.T, strict=True)]) / rows

    def begin(self) -> "_GrowingProducts":
        """A blend without members."""
        return _GrowingProducts(self)

    def gain(self, mean_square: Floats, covariance: Floats) -> Floats:
        """(tries,) gains of blends.

        Args:
            mean_square: (targets, tries) of the blend's errors, or of its deviations.
            covariance: (targets, tries) of the blend with the targets.
        """
        if self.metric == "pearson":
            scale = np.sqrt(mean_square * self.variances[:, None])
            flat = np.zeros_like(covariance)
            return np.asarray(np.divide(covariance, scale, out=flat, where=scale > 0).mean(axis=0))
        if self.metric == "r2":
            return np.asarray((1 - mean_square / self.variances[:, None]).mean(axis=0))
        positive = np.maximum(mean_square, 0.0)  # rounding may leave less where errors cancel
        if self.metric == "mcrmse":
            return np.asarray(-np.sqrt(positive).mean(axis=0))
        total = positive.mean(axis=0)
        return np.asarray(-total if self.metric == "mse" else -np.sqrt(total))


class _GrowingProducts:
    def __init__(self, scoring: ProductScoring) -> None:
        self._scoring = scoring
        targets, members, _ = scoring.products.shape
        self._square = np.zeros(targets)  # of the sum
        self._with = np.zeros((targets, members))  # of the sum with each member
        self._crossed = np.zeros(targets)
        self._count = 0

    def with_each(self, members: list[int]) -> Floats:
        own = self._scoring.products[:, members, members]
        square = self._square[:, None] + 2 * self._with[:, members] + own
        crossed = self._crossed[:, None] + self._scoring.crossed[:, members]
        many = self._count + 1
        return self._scoring.gain(square / many**2, crossed / many)

    def add(self, member: int) -> None:
        own = self._scoring.products[:, member, member]
        self._square = self._square + 2 * self._with[:, member] + own
        self._with = self._with + self._scoring.products[:, member]
        self._crossed = self._crossed + self._scoring.crossed[:, member]
        self._count += 1
