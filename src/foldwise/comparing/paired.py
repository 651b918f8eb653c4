"""Two sets of predictions of the same rows: which is better, by how much, and how surely.

The rows that are hard for one are hard for the other, so that the difference of two scores is
known far better than either score: its standard error is the spread of the rows' influences on
one score minus those on the other. https://doi.org/10.2307/2531595 (for AUC)

What is not in it: other training rows. Both sides learned from the same ones.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.comparing.sides import Side, Tables, aligned
from foldwise.comparing.uncertainty import uncertainty
from foldwise.competition.metrics import Metric, score
from foldwise.competition.rows import Rows
from foldwise.errors import DataError

LEVEL = 0.95  # of intervals

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """The first side's score minus the second's, in the metric's unit; means over seeds.

    Attributes:
        first, second: the two scores.
        standard_error: of the value; None where the rows tell nothing: fewer than two rows or
            groups, or predictions that are all equal under a correlation.
        of_rows, of_seeds: the parts of the standard error; None where unknown, as the seeds' is
            with one seed.
        low, high: the 95 % interval.
        p_value: the chance of a difference as large, either way, where there is none.
        seeds: the difference of each seed.
        folds: the difference on each fold's rows; None where the metric is undefined on them.
        rows: how many were compared.
    """

    value: float
    first: float
    second: float
    standard_error: float | None
    of_rows: float | None
    of_seeds: float | None
    low: float | None
    high: float | None
    p_value: float | None
    seeds: dict[int, float]
    folds: dict[int, float | None]
    rows: int

    @property
    def is_none(self) -> bool:
        """Whether every row counts the same in both scores."""
        return self.value == 0 and self.standard_error == 0


def paired_difference(first: Side, second: Side, rows: Rows, metric: Metric) -> Difference:
    """The score of `first` minus that of `second` on `rows`, each seed with its like.

    Args:
        first: in an ablation the variant.
        second: in an ablation the base.
        rows: those that both predict, with targets, in any order.
        metric: how both are scored.

    Raises:
        DataError: the two were made from other data or folds, or predict other rows, outputs or
            seeds; names every difference. Or the metric is undefined on these rows.
    """
    # by id, not as the file stands: sums in a fixed order are the same to the last digit
    rows = rows.take(sorted(range(len(rows)), key=rows.ids.__getitem__))
    if rows.targets is None:
        raise ValueError("rows that are compared have targets")
    pairs = aligned(first, second, rows)
    scored = [_Scored.of(metric, rows.targets, pair) for pair in pairs.values()]
    by_seed = np.array([pair.first - pair.second for pair in scored])
    known = uncertainty(by_seed, np.stack([pair.influence for pair in scored]), rows.groups)
    value = float(by_seed.mean())
    low, high, p_value = (None,) * 3
    if known is not None:
        low, high = interval(value, known.standard_error, known.degrees)
        p_value = chance(value, known.standard_error, known.degrees)
    return Difference(
        value=value,
        first=float(np.mean([pair.first for pair in scored])),
        second=float(np.mean([pair.second for pair in scored])),
        standard_error=None if known is None else known.standard_error,
        of_rows=None if known is None else known.of_rows,
        of_seeds=None if known is None else known.of_seeds,
        low=low,
        high=high,
        p_value=p_value,
        seeds=dict(zip(pairs, by_seed.tolist(), strict=True)),
        folds=_by_fold(metric, rows.targets, list(pairs.values())),
        rows=len(rows),
    )


def interval(value: float, standard_error: float, degrees: float) -> tuple[float, float]:
    """The ends of the 95 % interval of Student's t around `value`."""
    from scipy.special import stdtrit  # not scipy.stats, which takes a second to import

    half = float(stdtrit(degrees, (1 + LEVEL) / 2)) * standard_error
    return value - half, value + half


def chance(value: float, standard_error: float, degrees: float) -> float:
    """The two-sided p-value of Student's t; 1 where nothing differs at all."""
    from scipy.special import stdtr

    if standard_error == 0:
        return 1.0 if value == 0 else 0.0
    return float(2 * stdtr(degrees, -abs(value) / standard_error))


@dataclass(frozen=True, eq=False)
class _Scored:
    """One seed's two scores, and the difference of each row's influences on them, (rows,)."""

    first: float
    second: float
    influence: Floats

    @classmethod
    def of(cls, metric: Metric, targets: Floats, pair: Tables) -> "_Scored":
        values = [score(metric, targets, table.values).value for table in pair]
        influences = [metric.influence(targets, table.values) for table in pair]
        return cls(values[0], values[1], influences[0] - influences[1])


def _by_fold(metric: Metric, targets: Floats, pairs: Sequence[Tables]) -> dict[int, float | None]:
    """The mean over seeds of the difference on each fold's rows."""
    folds = np.asarray(pairs[0][0].folds)
    found: dict[int, float | None] = {}
    for fold in np.unique(folds).tolist():
        at = folds == fold
        found[fold] = None
        with suppress(DataError):  # a correlation on one row, say
            differences = [
                score(metric, targets[at], first.values[at]).value
                - score(metric, targets[at], second.values[at]).value
                for first, second in pairs
            ]
            found[fold] = float(np.mean(differences))
    return found
