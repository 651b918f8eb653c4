"""An interval of a difference from resampled groups, where rows come in groups.

Groups are few and unlike in size, so that the spread of their influences says less about the tails
than a bootstrap does: whole groups are drawn with replacement, and both sides are scored anew on
the same draws. A score that is made of means over rows is computed from sums over each group, so
that a draw costs as much as there are groups; the others (macro F1, kappa, AUC, rank correlation)
move by their rows' influences. Davison & Hinkley (1997), https://doi.org/10.1017/CBO9780511802843
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.comparing.sides import Tables
from foldwise.competition.metrics import METRICS, Metric, summed_by_group

RESAMPLES = 10_000
SEED = 20_260_101  # the same groups are drawn every time
CHUNK = 250_000  # counts at once, which a core has room for in its own cache

Floats = NDArray[np.float64]
Method = Literal["sums", "influences"]


@dataclass(frozen=True)
class Resampled:
    """The interval that resampled groups give.

    Attributes:
        low, high: its ends, in the metric's unit.
        groups: how many were drawn, each time as many as there are.
        resamples: how many times.
        method: "sums": both scores anew for each draw; "influences": moved by those of its rows.
    """

    low: float
    high: float
    groups: int
    resamples: int
    method: Method


class Means(NamedTuple):
    """A score as a function of means over rows.

    Attributes:
        rows: (rows, parts) what is averaged.
        score: (draws,) scores of (draws, parts) means.
    """

    rows: Floats
    score: Callable[[Floats], Floats]


def resampled(
    metrics: Sequence[Metric],
    targets: Floats,
    pairs: Sequence[Tables],
    groups: Sequence[str],
    level: float,
) -> dict[str, Resampled]:
    """By metric, the interval of the mean over `pairs` of the first's score minus the second's.

    All metrics are scored on the same draws: drawing takes much longer than scoring.

    Its ends are percentiles of the draws, moved outwards as far as Student's quantile is beyond
    the normal one, since percentiles alone are too narrow where groups are few.
    Hesterberg (2015), https://doi.org/10.1080/00031305.2015.1089789

    Args:
        metrics: how both are scored.
        targets: (rows, targets).
        pairs: both sides' tables in the order of the targets, one pair a seed.
        groups: one a row.
        level: of the interval, such as 0.95.

    Returns nothing of a score that a draw leaves undefined, or of fewer than two groups.
    """
    tables = [table.values for pair in pairs for table in pair]
    sides = [means_of(metric, targets, values) for metric in metrics for values in tables]
    sums = _group_sums(
        np.hstack([*(side.rows for side in sides), np.ones_like(targets[:, :1])]), groups
    )
    if len(sums) < 2:
        return {}
    scores = np.split(_scores(_drawn_sums(sums), sides), len(metrics))
    found = {}
    for metric, of_metric in zip(metrics, scores, strict=True):
        with np.errstate(invalid="ignore"):  # both may be infinite, and are refused then
            differences = (of_metric[0::2] - of_metric[1::2]).mean(axis=0)
        if np.isfinite(differences).all():
            found[metric.name] = _interval(metric, differences, len(sums), level)
    return found


def _interval(metric: Metric, differences: Floats, groups: int, level: float) -> Resampled:
    """The percentiles of (draws,) differences, moved outwards for few groups."""
    tail = _expanded_tail(level, groups)
    low, high = np.quantile(differences, [tail, 1 - tail])
    method: Method = "influences" if metric.name in LINEAR else "sums"
    return Resampled(float(low), float(high), groups, len(differences), method)


def _scores(drawn: Floats, sides: Sequence[Means]) -> Floats:
    """(sides, draws) scores from (draws, parts of all sides and rows) sums."""
    ends = np.cumsum([side.rows.shape[1] for side in sides])[:-1]
    means = np.split(drawn[:, :-1] / drawn[:, -1:], ends, axis=1)
    return np.stack([side.score(of) for side, of in zip(sides, means, strict=True)])


def _group_sums(rows: Floats, groups: Sequence[str]) -> Floats:
    """(groups, parts) of (rows, parts)."""
    return np.column_stack([summed_by_group(column, groups) for column in rows.T])


def _drawn_sums(sums: Floats) -> Floats:
    """(draws, parts) sums over groups drawn with replacement."""
    rng = np.random.default_rng(SEED)
    count = len(sums)
    size = max(1, min(RESAMPLES, CHUNK // count))
    found = []
    for begin in range(0, RESAMPLES, size):
        draws = min(size, RESAMPLES - begin)
        chosen = rng.integers(count, size=(draws, count))
        chosen += count * np.arange(draws)[:, None]
        times = np.bincount(chosen.ravel(), minlength=draws * count).reshape(draws, count)
        found.append(times.astype(np.float64) @ sums)  # a product of integers is 20 times slower
    return np.concatenate(found)


def _expanded_tail(level: float, groups: int) -> float:
    from scipy.special import ndtr, stdtrit

    quantile = float(stdtrit(groups - 1, (1 + level) / 2)) * math.sqrt(groups / (groups - 1))
    return float(ndtr(-quantile))


def means_of(metric: Metric, targets: Floats, predictions: Floats) -> Means:
    """The metric's score of these predictions as a function of means over rows."""
    make = _PARTS.get(metric.name)
    if make is not None:
        return make(targets, predictions)
    # a mean over rows is its value and the rows' centred parts of it; what is not, to first order
    rows = metric.influence(targets, predictions) + metric.function(targets, predictions)
    return Means(rows[:, None], lambda means: means[:, 0])


def _of_rmse(targets: Floats, predictions: Floats) -> Means:
    squared = np.square(predictions - targets).mean(axis=1, keepdims=True)
    return Means(squared, lambda means: np.sqrt(means[:, 0]))


def _of_mcrmse(targets: Floats, predictions: Floats) -> Means:
    squared = np.square(predictions - targets)
    return Means(squared, lambda means: np.asarray(np.sqrt(means).mean(axis=1)))


def _of_r2(targets: Floats, predictions: Floats) -> Means:
    centred = targets - targets.mean(axis=0)  # so that the variance loses no digits
    rows = np.hstack([np.square(predictions - targets), centred, np.square(centred)])

    def r2(means: Floats) -> Floats:
        error, first, second = np.split(means, 3, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw of equal targets has none
            return np.asarray((1 - error / (second - np.square(first))).mean(axis=1))

    return Means(rows, r2)


def _of_pearson(targets: Floats, predictions: Floats) -> Means:
    x, y = targets - targets.mean(axis=0), predictions - predictions.mean(axis=0)
    rows = np.hstack([x, y, np.square(x), np.square(y), x * y])

    def pearson(means: Floats) -> Floats:
        x1, y1, x2, y2, xy = np.split(means, 5, axis=1)
        spread = (x2 - np.square(x1)) * (y2 - np.square(y1))
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw of equal values has none
            return np.asarray(((xy - x1 * y1) / np.sqrt(spread)).mean(axis=1))

    return Means(rows, pearson)


_PARTS: dict[str, Callable[[Floats, Floats], Means]] = {
    "rmse": _of_rmse,
    "mcrmse": _of_mcrmse,
    "r2": _of_r2,
    "pearson": _of_pearson,
}
MEANS = frozenset({"mse", "mae", "accuracy", "log_loss"})  # of the rows' own values
LINEAR = frozenset(METRICS) - MEANS - frozenset(_PARTS)
