"""Metrics by name, and scores with an honest standard error.

Each metric knows its influence function: how much one row moves the score. The standard error is
the delta method's, the spread of the rows' influences, summed within groups where rows of a group
belong together. It costs one more pass over the rows; a bootstrap would cost hundreds.
Hampel (1974): https://doi.org/10.1080/01621459.1974.10482962
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from foldwise.competition import classification_metrics as classes
from foldwise.competition import regression_metrics as numbers
from foldwise.competition.competition import Task
from foldwise.errors import Complaints, DataError, UsageError, counted, did_you_mean, listed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A way to score predictions.

    Attributes:
        name: as in `competition.toml`.
        greater_is_better: whether a larger score is a better one.
        task: what it scores.
        function: the score of (rows, targets) targets and (rows, outputs) predictions; targets of
            a classification are label indices, its predictions probabilities.
        influence: (rows,) how much each row moves the score, times the number of rows.
        probabilities: whether it scores the probabilities, not the most probable label.
    """

    name: str
    greater_is_better: bool
    task: Task
    function: Callable[[Floats, Floats], float]
    influence: Callable[[Floats, Floats], Floats]
    probabilities: bool = False

    def is_better(self, score: float, other: float) -> bool:
        """Whether `score` is strictly better than `other`."""
        return score > other if self.greater_is_better else score < other


@dataclass(frozen=True)
class Score:
    """A score and how far it may be off by the luck of the rows.

    Attributes:
        value: in the metric's unit.
        standard_error: in the same unit; None where nothing is known about it: fewer than two
            rows or groups, or predictions that are all equal under a correlation.
        rows: how many were scored.
    """

    value: float
    standard_error: float | None
    rows: int

    def __str__(self) -> str:
        """The score in four digits, with its standard error where it is known."""
        if self.standard_error is None:
            return f"{self.value:.4f}"
        return f"{self.value:.4f} ± {self.standard_error:.4f}"


METRICS = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("rmse", False, "regression", numbers.rmse, numbers.rmse_influence),
            Metric("mcrmse", False, "regression", numbers.mcrmse, numbers.mcrmse_influence),
            Metric("mse", False, "regression", numbers.mse, numbers.mse_influence),
            Metric("mae", False, "regression", numbers.mae, numbers.mae_influence),
            Metric("r2", True, "regression", numbers.r2, numbers.r2_influence),
            Metric("pearson", True, "regression", numbers.pearson, numbers.pearson_influence),
            Metric("spearman", True, "regression", numbers.spearman, numbers.spearman_influence),
            Metric("accuracy", True, "classification", classes.accuracy, classes.hit_influence),
            Metric("macro_f1", True, "classification", classes.macro_f1, classes.f1_influence),
            Metric("qwk", True, "classification", classes.qwk, classes.qwk_influence),
            Metric(
                "log_loss", False, "classification", classes.log_loss, classes.loss_influence, True
            ),
            Metric("auc", True, "classification", classes.auc, classes.auc_influence, True),
        )
    }
)
COMPANIONS = MappingProxyType(
    {
        "regression": ("rmse", "pearson"),
        "classification": ("accuracy", "macro_f1", "log_loss"),
    }
)


def metric_named(name: str, task: Task) -> Metric:
    """The metric `name`, which must score a `task`.

    Raises:
        UsageError: no such metric (names the nearest), or it scores another task.
    """
    fitting = [metric.name for metric in METRICS.values() if metric.task == task]
    if name not in METRICS:
        raise UsageError(f"no metric {name!r} for a {task}; {did_you_mean(name, fitting)}")
    if METRICS[name].task != task:
        raise UsageError(
            f"the metric {name!r} scores a {METRICS[name].task}, but the task is {task}; "
            f"choose one of: {', '.join(sorted(fitting))}"
        )
    return METRICS[name]


def companions(metric: Metric) -> tuple[Metric, ...]:
    """The metrics worth showing beside `metric`: the usual ones of its task, itself left out."""
    return tuple(METRICS[name] for name in COMPANIONS[metric.task] if name != metric.name)


def score(
    metric: Metric, targets: Floats, predictions: Floats, groups: Sequence[str] | None = None
) -> Score:
    """The score of `predictions` and its standard error.

    Args:
        metric: how to score.
        targets: (rows, targets); label indices in a classification.
        predictions: (rows, outputs); probabilities in a classification.
        groups: one a row; rows with equal strings are not independent of each other.

    Raises:
        DataError: no rows, values that are not finite, or a score that is undefined on these rows
            (such as a correlation with targets that are all equal).
    """
    _check_values(metric, targets, predictions)
    value = metric.function(targets, predictions)
    influence = metric.influence(targets, predictions)
    return Score(value, _standard_error(influence, groups), len(targets))


def paired_error(
    metric: Metric,
    targets: Floats,
    first: Floats,
    second: Floats,
    groups: Sequence[str] | None = None,
) -> float | None:
    """The standard error of the difference of two scores on the same rows, in the metric's unit.

    Far less than either score's own, because the rows that are hard for one are hard for the other.
    None where nothing is known about it, as of `Score.standard_error`.

    Args:
        metric: how both are scored.
        targets: (rows, targets).
        first: (rows, outputs) predictions.
        second: (rows, outputs) others, for the same rows.
        groups: one a row; rows with equal strings are not independent of each other.
    """
    influences = (metric.influence(targets, predictions) for predictions in (first, second))
    return _standard_error(np.subtract(*influences), groups)


def _standard_error(influence: Floats, groups: Sequence[str] | None) -> float | None:
    """Of a mean of `influence` (rows,), whose own mean is 0; whole groups are independent draws."""
    sums = summed_by_group(influence, groups)
    draws = len(sums)
    if draws < 2 or not np.isfinite(sums).all():
        return None
    return math.sqrt(draws / (draws - 1) * float(np.square(sums).sum())) / len(influence)


def summed_by_group(influence: Floats, groups: Sequence[str] | None) -> Floats:
    """(draws,) the sums of `influence` (rows,) over what is drawn at once: groups, or rows."""
    if groups is None:
        return influence
    number = {name: i for i, name in enumerate(dict.fromkeys(groups))}
    members = np.fromiter((number[name] for name in groups), dtype=np.int64, count=len(influence))
    return np.bincount(members, weights=influence).astype(np.float64)


def _check_values(metric: Metric, targets: Floats, predictions: Floats) -> None:
    if targets.ndim != 2 or predictions.ndim != 2 or len(targets) != len(predictions):
        raise ValueError(
            f"targets must be (rows, targets) and predictions (rows, outputs), "
            f"got {targets.shape} and {predictions.shape}"
        )
    if metric.task == "regression" and targets.shape != predictions.shape:
        raise ValueError(f"one output a target: got {targets.shape} and {predictions.shape}")
    if not len(targets):
        raise DataError(f"{metric.name} needs at least one row to score, got none")
    complaints = Complaints()
    for what, values in (("targets", targets), ("predictions", predictions)):
        wrong = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if len(wrong):
            complaints.add(
                f"{what} must be finite to be scored, but {counted(len(wrong), 'is', 'are')} not, "
                f"in row {listed(wrong.tolist())} counted from 0; find what wrote them"
            )
    complaints.raise_if_any(DataError)
