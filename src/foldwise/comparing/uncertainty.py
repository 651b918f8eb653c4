"""How far a mean difference over seeds may be off, by the luck of the rows and of the seeds.

The same rows are predicted with every seed, so rows and seeds are crossed, and a difference varies
in three ways: by rows (the same way for all seeds), by seeds (the same way for all rows), and by
both at once, since models of other seeds err on other rows.

The rows' part is the spread, over rows, of the influences averaged over seeds; it holds the third
kind too. The spread of the seeds' differences, over seeds, holds the third kind as well. Their sum
would count it twice, and intervals of five alike seeds would cover up to 99 % instead of 95 %; so
the third kind, measured by how the seeds' influences differ row by row, is taken off once. This is
two-way clustering: Cameron, Gelbach & Miller (2011), https://doi.org/10.1198/jbes.2010.07136

What the seeds add is never below zero, and it is known from as many numbers as there are seeds. So
intervals are those of Student's t, with Satterthwaite's degrees of freedom:
https://doi.org/10.2307/3002019. Where seeds matter much more than rows, two or three of them still
cover less than they say, 86 to 90 % (measured in the tests of this module's name): use five.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import summed_by_group

Floats = NDArray[np.float64]


class Uncertainty(NamedTuple):
    """The standard error of a mean over seeds, and its parts, in the metric's unit.

    Attributes:
        standard_error: of the whole.
        of_rows: what the choice of the rows makes of it.
        of_seeds: what the seeds add to that; None where there is one seed, which tells nothing.
        degrees: of freedom, of Student's t.
    """

    standard_error: float
    of_rows: float
    of_seeds: float | None
    degrees: float


def uncertainty(
    differences: Floats, influences: Floats, groups: Sequence[str] | None = None
) -> Uncertainty | None:
    """The uncertainty of the mean of `differences`; None where the rows tell nothing about it.

    Args:
        differences: (seeds,) in the metric's unit.
        influences: (seeds, rows) how much each row moves each of them, times the number of rows.
        groups: one a row; rows with equal strings are not independent of each other.
    """
    rows = influences.shape[1]
    sums = np.stack([summed_by_group(influence, groups) for influence in influences]) / rows
    seeds, draws = sums.shape
    if draws < 2 or not np.isfinite(sums).all():
        return None
    correction = draws / (draws - 1)
    mean = sums.mean(axis=0)
    by_rows = correction * float(np.square(mean).sum())
    if seeds == 1:
        return Uncertainty(math.sqrt(by_rows), math.sqrt(by_rows), None, draws - 1.0)
    by_both = correction * float(np.square(sums - mean).sum()) / (seeds - 1)
    added = max(0.0, float(differences.var(ddof=1)) - by_both) / seeds
    return Uncertainty(
        math.sqrt(by_rows + added),
        math.sqrt(by_rows),
        math.sqrt(added),
        _degrees((by_rows, draws - 1), (added, seeds - 1)),
    )


def _degrees(*parts: tuple[float, int]) -> float:
    """Satterthwaite's degrees of freedom of a sum of variances, each known from its own."""
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return float(parts[0][1])
    # shares, not variances: their squares do not vanish in tiny units
    return 1 / sum((variance / total) ** 2 / degrees for variance, degrees in parts)
