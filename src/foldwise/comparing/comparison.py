"""Two runs compared on the same rows: by metric, by fold, by seed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from foldwise.comparing.expected import ExpectedScore
from foldwise.comparing.paired import LEVEL, Difference, paired_difference
from foldwise.comparing.resampling import Resampled, resampled
from foldwise.comparing.sides import Side, aligned, restricted
from foldwise.competition.metrics import Metric
from foldwise.competition.rows import Rows
from foldwise.errors import DataError

POWER = 0.8  # the chance to find a difference that is there


@dataclass(frozen=True)
class MetricComparison:
    """One metric of both runs.

    Attributes:
        difference: the first's score minus the second's, with Student's interval.
        low, high: the interval to show: from resampled groups where rows come in groups, else
            Student's; None where nothing is known about the noise.
        resampled: how groups were resampled; None where there are none.
        noticeable: the size from which a difference seen on these rows is more than noise: half of
            a 95 % interval.
        findable: the size from which a true difference is found in four of five such sets of rows.
    """

    metric: str
    greater_is_better: bool
    difference: Difference
    low: float | None
    high: float | None
    resampled: Resampled | None
    noticeable: float | None
    findable: float | None

    @property
    def is_noise(self) -> bool:
        """Whether the interval is known and holds zero."""
        return self.low is not None and self.high is not None and self.low <= 0 <= self.high


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of both runs on the test rows.

    Attributes:
        test_rows: how many.
        first, second: expected scores in the competition's metric.
        chance: that the first scores better there.
        with_gains: whether the chance knows what averaging the folds' models gains both.
    """

    test_rows: int
    first: ExpectedScore
    second: ExpectedScore
    chance: float
    with_gains: bool


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same rows and folds.

    Attributes:
        first, second: their names.
        rows, groups: how many were compared; groups are None where rows stand alone.
        metrics: the competition's own first.
        folds: in that metric, on each fold's rows; None where it is undefined on them.
        seeds: in that metric, one seed's run against its like, the mean over seeds with the noise
            of rows and seeds; None where the two have not the same seeds.
        looks: the most at any fold of each; see `RunScores.looks`.
        notes: what could not be told, and why.
        outlook: None where there are no test rows, or nothing is known about the noise.
    """

    first: str
    second: str
    competition: str
    rows: int
    groups: int | None
    metrics: list[MetricComparison]
    folds: dict[int, Difference | None]
    seeds: MetricComparison | None
    looks: tuple[int, int]
    notes: list[str]
    outlook: Outlook | None = None

    @property
    def own(self) -> MetricComparison:
        """The competition's own metric."""
        return self.metrics[0]


def compared_metrics(
    first: Side, second: Side, rows: Rows, metrics: Sequence[Metric]
) -> list[MetricComparison]:
    """Both sides by each metric; all but the first are left out where they are undefined.

    Raises:
        DataError: see `paired_difference`.
    """
    differences = [(metrics[0], paired_difference(first, second, rows, metrics[0]))]
    for metric in metrics[1:]:
        with suppress(DataError):
            differences.append((metric, paired_difference(first, second, rows, metric)))
    known = [metric for metric, of in differences if of.standard_error is not None]
    draws = _by_groups(first, second, rows, known)
    return [_compared(metric, of, draws.get(metric.name)) for metric, of in differences]


def compared_by(metric: Metric, first: Side, second: Side, rows: Rows) -> MetricComparison:
    """Both sides by one metric.

    Raises:
        DataError: see `paired_difference`.
    """
    return compared_metrics(first, second, rows, [metric])[0]


def _by_groups(
    first: Side, second: Side, rows: Rows, metrics: Sequence[Metric]
) -> dict[str, Resampled]:
    if not metrics or rows.groups is None or rows.targets is None:
        return {}
    pairs = list(aligned(first, second, rows).values())
    return resampled(metrics, rows.targets, pairs, rows.groups, LEVEL)


def _compared(metric: Metric, difference: Difference, draws: Resampled | None) -> MetricComparison:
    low, high = difference.low, difference.high
    if draws is not None:
        low, high = _with_seeds(difference, draws)
    return MetricComparison(
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        difference=difference,
        low=low,
        high=high,
        resampled=draws,
        noticeable=None if low is None or high is None else (high - low) / 2,
        findable=findable(difference),
    )


def _with_seeds(difference: Difference, draws: Resampled) -> tuple[float, float]:
    """The groups' interval, made wider by as much as the seeds make the standard error larger.

    Three or five seeds are too few to be resampled.
    """
    if not difference.of_rows or difference.standard_error is None:
        return draws.low, draws.high
    wider = difference.standard_error / difference.of_rows
    value = difference.value
    return value - (value - draws.low) * wider, value + (draws.high - value) * wider


def findable(difference: Difference) -> float | None:
    """The size of a true difference that such rows and seeds show as more than noise, 4 times in 5.

    Half of the 95 % interval, and beyond it what luck takes away in one case of five.
    """
    half = _half(difference)
    if half is None or difference.standard_error is None:
        return None
    from scipy.special import ndtri

    return half + float(ndtri(POWER)) * difference.standard_error


def _half(difference: Difference) -> float | None:
    if difference.low is None or difference.high is None:
        return None
    return (difference.high - difference.low) / 2


def compared_folds(
    metric: Metric, first: Side, second: Side, rows: Rows
) -> dict[int, Difference | None]:
    """The difference on each fold's rows, by fold; None where the metric is undefined on them."""
    table = next(iter(first.tables.values())).aligned_to(rows.ids, "the rows compared")
    folds = np.asarray(table.folds)
    found: dict[int, Difference | None] = {}
    for fold in np.unique(folds).tolist():
        part = rows.take(np.flatnonzero(folds == fold).astype(np.int64))
        found[fold] = None
        with suppress(DataError):  # a correlation on one row, say
            found[fold] = paired_difference(
                restricted(first, part), restricted(second, part), part, metric
            )
    return found
