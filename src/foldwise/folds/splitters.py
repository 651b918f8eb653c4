"""Units to folds: each splitter returns the fold of every unit.

Units come in the order of their keyed hash, which plays the part of shuffling: what a library's
splitter makes of that order is a function of ids and content alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foldwise.folds.criteria import Criterion
from foldwise.folds.units import Units

_SCALE = 1024  # weights are whole numbers: the same folds on every machine


def split_evenly(units: Units, n: int) -> NDArray[np.int64]:
    """(units,) the fold of each unit; folds differ by one row where units are single rows.

    https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.KFold.html
    """
    if not units.single:
        return deal(units.sizes[:, None], n)
    from sklearn.model_selection import KFold

    return _fold_of_each(KFold(n).split(units.sizes), len(units))


def split_stratified(units: Units, criterion: Criterion, n: int) -> NDArray[np.int64]:
    """(units,) the fold of each unit; folds share the distribution of `criterion`.

    https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedKFold.html
    """
    if not units.single:
        return deal(_with_sizes(units, [criterion]), n)
    from sklearn.model_selection import StratifiedKFold

    classes = np.empty(len(units), dtype=np.int64)
    classes[units.of_row] = criterion.codes
    return _fold_of_each(StratifiedKFold(n).split(classes, classes), len(units))


def split_by_criteria(
    units: Units, criteria: Sequence[Criterion], n: int, seed: int
) -> NDArray[np.int64]:
    """(units,) the fold of each unit; folds share the distributions of several criteria.

    Iterative stratification: Sechidis, Tsoumakas & Vlahavas 2011,
    https://doi.org/10.1007/978-3-642-23808-6_10, as in the package iterative-stratification.
    It knows no sizes, so units of several rows are dealt instead.
    """
    counts = np.concatenate([criterion.counts(units) for criterion in criteria], axis=1)
    if not units.single:
        return deal(_with_sizes(units, criteria), n)
    from iterstrat.ml_stratifiers import MultilabelStratifiedKFold

    splitter = MultilabelStratifiedKFold(n, shuffle=True, random_state=seed)
    return _fold_of_each(splitter.split(counts, counts > 0), len(units))


def _with_sizes(units: Units, criteria: Sequence[Criterion]) -> NDArray[np.int64]:
    """(units, 1 + classes) the rows of each unit, all and by class."""
    return np.concatenate([units.sizes[:, None], *(c.counts(units) for c in criteria)], axis=1)


def deal(counts: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """(units,) the fold of each unit; each column of `counts` is spread evenly over the folds.

    The largest units first, each goes where it adds least to the sum over folds and columns of
    (rows in the fold)^2 / (rows in all), which is smallest when the folds are equal. That is the
    idea of scikit-learn's GroupKFold and StratifiedGroupKFold, but in whole numbers and stable
    order (the same folds on every machine), for several criteria, and without a loop over folds.

    Args:
        counts: (units, columns) rows of each unit by column; the first column is the unit's size.
        n: number of folds.
    """
    totals = np.maximum(counts.sum(axis=0), 1)
    weights = _SCALE * totals[0] // totals
    in_fold = np.zeros((n, counts.shape[1]), dtype=np.int64)
    folds = np.zeros(len(counts), dtype=np.int64)
    weighted = counts * weights
    for unit in np.argsort(-counts[:, 0], kind="stable").tolist():
        # the square of a sum: the unit's own square is the same in every fold
        fold = int((in_fold @ weighted[unit]).argmin())
        in_fold[fold] += counts[unit]
        folds[unit] = fold
    return folds


def _fold_of_each(splits: Iterable[tuple[Any, Any]], units: int) -> NDArray[np.int64]:
    """(units,) the number of the split that validates each unit; all must be validated once."""
    folds = np.full(units, -1, dtype=np.int64)
    for number, (_, validation) in enumerate(splits):
        folds[validation] = number
    return folds
