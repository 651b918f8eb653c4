"""Metrics of a regression and their influence functions; all arrays are (rows, targets).

An influence is (rows,): the derivative of the score as a row's weight grows. Its mean is 0.
"""

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import DataError

Floats = NDArray[np.float64]


def mse(targets: Floats, predictions: Floats) -> float:
    """The mean squared error over all rows and targets."""
    return float(np.square(predictions - targets).mean())


def mse_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `mse`."""
    return _centred(np.square(predictions - targets).mean(axis=1))


def rmse(targets: Floats, predictions: Floats) -> float:
    """The root of `mse`."""
    return float(np.sqrt(mse(targets, predictions)))


def rmse_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `rmse`; 0 where every prediction is exact."""
    root = rmse(targets, predictions)
    influence = mse_influence(targets, predictions)
    return influence / (2 * root) if root else influence


def mcrmse(targets: Floats, predictions: Floats) -> float:
    """The mean over targets of each target's root mean squared error."""
    return float(np.sqrt(np.square(predictions - targets).mean(axis=0)).mean())


def mcrmse_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `mcrmse`."""
    columns = range(targets.shape[1])
    parts = [rmse_influence(targets[:, [i]], predictions[:, [i]]) for i in columns]
    return np.asarray(np.mean(parts, axis=0))


def mae(targets: Floats, predictions: Floats) -> float:
    """The mean absolute error over all rows and targets."""
    return float(np.abs(predictions - targets).mean())


def mae_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `mae`."""
    return _centred(np.abs(predictions - targets).mean(axis=1))


def r2(targets: Floats, predictions: Floats) -> float:
    """The share of variance explained, averaged over targets.

    Raises:
        DataError: a target is the same on all rows.
    """
    _refuse_constant("r2", targets)
    return float((1 - np.square(predictions - targets).mean(axis=0) / targets.var(axis=0)).mean())


def r2_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `r2`."""
    squared = np.square(predictions - targets)
    spread = np.square(targets - targets.mean(axis=0))
    error, variance = squared.mean(axis=0), spread.mean(axis=0)
    parts = error * (spread - variance) / variance**2 - (squared - error) / variance
    return np.asarray(parts.mean(axis=1))


def pearson(targets: Floats, predictions: Floats) -> float:
    """The correlation, averaged over targets; predictions that are all equal have none: 0.

    Raises:
        DataError: a target is the same on all rows.
    """
    _refuse_constant("pearson", targets)
    return float((_standardized(targets) * _standardized(predictions)).mean())


def pearson_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `pearson`; NaN if predictions are all equal.

    Devlin, Gnanadesikan & Kettenring (1975): https://doi.org/10.1093/biomet/62.3.531
    """
    first, second = _standardized(targets), _standardized(predictions)
    correlation = (first * second).mean(axis=0)
    parts = first * second - correlation * (np.square(first) + np.square(second)) / 2
    return np.asarray(np.where(_constant(predictions), np.nan, parts).mean(axis=1))


def spearman(targets: Floats, predictions: Floats) -> float:
    """The correlation of ranks (ties share their mean rank), averaged over targets.

    Raises:
        DataError: a target is the same on all rows.
    """
    _refuse_constant("spearman", targets)
    return pearson(_ranked(targets), _ranked(predictions))


def spearman_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `spearman`; NaN if predictions are all equal.

    A row moves the score by its own ranks and by the ranks it gives to all other rows.
    Croux & Dehon (2010): https://doi.org/10.1007/s10260-010-0142-z
    """
    columns = range(targets.shape[1])
    parts = [_rank_influence(targets[:, i], predictions[:, i]) for i in columns]
    return np.asarray(np.mean(parts, axis=0))


def mean_ranks(values: Floats) -> Floats:
    """(rows,) the ranks of `values` (rows,) from 1, ties sharing their mean rank."""
    _, position, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[position])


def _rank_influence(first: Floats, second: Floats) -> Floats:
    """The derivative of cov / sqrt(var var) of the two distribution functions at each row."""
    if first.min() == first.max() or second.min() == second.max():
        return np.full(len(first), np.nan)
    ranks_of_first = _centred(mean_ranks(first) / len(first))
    ranks_of_second = _centred(mean_ranks(second) / len(second))
    covariance = (
        _centred(ranks_of_first * ranks_of_second)
        + _given(first, ranks_of_second)
        + _given(second, ranks_of_first)
    )
    variances = (ranks_of_first.var(), ranks_of_second.var())
    scale = np.sqrt(variances[0] * variances[1])
    correlation = (ranks_of_first * ranks_of_second).mean() / scale
    shrinkage = [
        (_centred(np.square(ranks)) + 2 * _given(values, ranks)) / variance
        for values, ranks, variance in (
            (first, ranks_of_first, variances[0]),
            (second, ranks_of_second, variances[1]),
        )
    ]
    return np.asarray(covariance / scale - correlation * (shrinkage[0] + shrinkage[1]) / 2)


def _given(values: Floats, weights: Floats) -> Floats:
    """How each row moves the mean of `weights` times the ranks it gives to others, (rows,).

    A row of value v adds to the rank of each row above v, and half to that of each row at v.
    """
    _, position = np.unique(values, return_inverse=True)
    at = np.bincount(position, weights=weights)
    above = at[::-1].cumsum()[::-1] - at / 2
    return _centred(above[position] / len(values))


def _ranked(values: Floats) -> Floats:
    return np.column_stack([mean_ranks(column) for column in values.T])


def _standardized(values: Floats) -> Floats:
    """Columns of mean 0 and variance 1; a column of one value becomes zeros."""
    spread = np.where(_constant(values), 1.0, values.std(axis=0))
    return np.where(_constant(values), 0.0, (values - values.mean(axis=0)) / spread)


def _constant(values: Floats) -> NDArray[np.bool_]:
    """(columns,) whether all rows are equal; exact, unlike a standard deviation of 0."""
    return np.asarray(values.min(axis=0) == values.max(axis=0))


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean())


def _refuse_constant(name: str, targets: Floats) -> None:
    if _constant(targets).any():
        raise DataError(
            f"{name} needs targets that differ, got the same target on all {len(targets)} rows; "
            f"score more rows, or choose rmse"
        )
