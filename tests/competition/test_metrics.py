"""Scores agree with the reference implementations, standard errors with a brute bootstrap."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics as reference

from foldwise.competition.metrics import (
    METRICS,
    Metric,
    Score,
    companions,
    metric_named,
    paired_error,
    score,
)
from foldwise.errors import DataError, UsageError

Floats = NDArray[np.float64]
ROWS = 400
DRAWS = 600


def data_for(metric: Metric, rows: int = ROWS, seed: int = 0) -> tuple[Floats, Floats]:
    """Targets and predictions that are good but not exact, with ties and a rare label."""
    rng = np.random.default_rng(seed)
    if metric.task == "regression":
        targets = rng.gamma(2.0, size=(rows, 2)).round(1)
        return targets, (0.7 * targets + rng.normal(0.3, 0.5, size=(rows, 2))).round(1)
    shares = [0.7, 0.3] if metric.name == "auc" else [0.05, 0.25, 0.45, 0.25]
    labels = rng.choice(len(shares), size=rows, p=shares)
    logits = 1.5 * np.eye(len(shares))[labels] + rng.normal(size=(rows, len(shares))).round(1)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels[:, None].astype(np.float64), probabilities


def by_reference(name: str, targets: Floats, predictions: Floats) -> float:
    from scipy import stats

    truth, guess = targets[:, 0], predictions.argmax(axis=1)
    columns = list(zip(targets.T, predictions.T, strict=False))  # of a regression
    values = {
        "mse": lambda: reference.mean_squared_error(targets, predictions),
        "rmse": lambda: np.sqrt(reference.mean_squared_error(targets, predictions)),
        "mcrmse": lambda: reference.root_mean_squared_error(targets, predictions),
        "mae": lambda: reference.mean_absolute_error(targets, predictions),
        "r2": lambda: reference.r2_score(targets, predictions),
        "pearson": lambda: np.mean([stats.pearsonr(a, b).statistic for a, b in columns]),
        "spearman": lambda: np.mean([stats.spearmanr(a, b).statistic for a, b in columns]),
        "accuracy": lambda: reference.accuracy_score(truth, guess),
        "macro_f1": lambda: reference.f1_score(truth, guess, average="macro"),
        "qwk": lambda: reference.cohen_kappa_score(truth, guess, weights="quadratic"),
        "log_loss": lambda: reference.log_loss(
            truth, predictions, labels=range(predictions.shape[1])
        ),
        "auc": lambda: reference.roc_auc_score(truth, predictions[:, 1]),
    }
    return float(values[name]())


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize("rows", [7, ROWS])
def test_scores_are_those_of_scikit_learn_and_scipy(metric: Metric, rows: int) -> None:
    targets, predictions = data_for(metric, rows, seed=3)
    got = score(metric, targets, predictions)
    assert got.value == pytest.approx(by_reference(metric.name, targets, predictions), abs=1e-12)
    assert got.rows == rows


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_influences_are_the_derivative_of_the_score(metric: Metric) -> None:
    # A row that is counted once more than the others moves the score by its influence / rows.
    targets, predictions = data_for(metric)
    influence = metric.influence(targets, predictions)
    assert influence.shape == (ROWS,)
    assert influence.mean() == pytest.approx(0, abs=1e-9)
    times = 50  # every row so often, so that one more is a small step
    many, guesses = np.tile(targets, (times, 1)), np.tile(predictions, (times, 1))
    before = metric.function(many, guesses)
    step = ROWS * times
    for row in range(0, ROWS, 40):
        after = metric.function(
            np.vstack([many, targets[[row]]]), np.vstack([guesses, predictions[[row]]])
        )
        scale = np.abs(influence).max()
        assert (after - before) * step == pytest.approx(influence[row], abs=2e-3 * scale)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_standard_errors_agree_with_a_bootstrap(metric: Metric) -> None:
    targets, predictions = data_for(metric)
    rng = np.random.default_rng(1)
    draws = [rng.integers(ROWS, size=ROWS) for _ in range(DRAWS)]
    spread = np.std([metric.function(targets[draw], predictions[draw]) for draw in draws])
    # 600 draws know a standard deviation to 3 %.
    assert score(metric, targets, predictions).standard_error == pytest.approx(spread, rel=0.12)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_standard_errors_of_groups_agree_with_a_bootstrap_of_groups(metric: Metric) -> None:
    # Groups of one to nine rows; half of the rows of a group are copies of each other.
    targets, predictions = data_for(metric, 150, seed=5)
    rng = np.random.default_rng(2)
    copies = rng.integers(1, 10, size=150)
    groups = np.repeat(np.arange(150), copies)
    targets, predictions = (
        np.repeat(targets, copies, axis=0),
        np.repeat(predictions, copies, axis=0),
    )
    members = [np.flatnonzero(groups == group) for group in range(150)]
    values = []
    for _ in range(DRAWS):
        draw = np.concatenate([members[group] for group in rng.integers(150, size=150)])
        values.append(metric.function(targets[draw], predictions[draw]))
    got = score(metric, targets, predictions, [f"g{group}" for group in groups])
    assert got.standard_error == pytest.approx(np.std(values), rel=0.15)
    alone = score(metric, targets, predictions).standard_error
    assert alone is not None
    assert got.standard_error is not None
    assert got.standard_error > 1.5 * alone  # copies are no new information


def test_groups_of_one_row_change_nothing() -> None:
    metric = METRICS["rmse"]
    targets, predictions = data_for(metric)
    names = [str(i) for i in range(ROWS)]
    assert score(metric, targets, predictions, names) == score(metric, targets, predictions)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_hundred_and_fifty_thousand_rows_are_scored_at_once(metric: Metric) -> None:
    targets, predictions = data_for(metric, 150_000)
    groups = [str(i // 18) for i in range(150_000)]
    start = time.process_time()
    score(metric, targets, predictions, groups)
    assert time.process_time() - start < 1


def test_the_error_of_one_row_or_one_group_is_unknown() -> None:
    one = np.array([[1.0]])
    assert score(METRICS["rmse"], one, one + 2) == Score(2.0, None, 1)
    two = np.array([[1.0], [2.0]])
    assert score(METRICS["mae"], two, two + 2, ["a", "a"]) == Score(2.0, None, 2)


def test_scores_in_words() -> None:
    assert str(Score(0.47123, 0.00614, 100)) == "0.4712 ± 0.0061"
    assert str(Score(0.5, None, 1)) == "0.5000"


def test_values_that_are_not_finite_are_listed() -> None:
    targets, predictions = np.zeros((4, 1)), np.zeros((4, 1))
    targets[1], predictions[[0, 3]] = np.nan, np.inf
    with pytest.raises(DataError) as caught:
        score(METRICS["rmse"], targets, predictions)
    assert caught.value.complaints == (
        "targets must be finite to be scored, but 1 is not, in row 1 counted from 0; find what "
        "wrote them",
        "predictions must be finite to be scored, but 2 are not, in row 0, 3 counted from 0; find "
        "what wrote them",
    )


def test_nothing_is_not_scored() -> None:
    with pytest.raises(DataError, match="rmse needs at least one row to score, got none"):
        score(METRICS["rmse"], np.zeros((0, 1)), np.zeros((0, 1)))


def test_other_shapes_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"targets must be \(rows, targets\)"):
        score(METRICS["rmse"], np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="one output a target"):
        score(METRICS["rmse"], np.zeros((3, 1)), np.zeros((3, 2)))


def test_an_unknown_metric_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        metric_named("rsme", "regression")
    assert str(caught.value) == "no metric 'rsme' for a regression; did you mean 'rmse'?"
    assert caught.value.exit_code == 2


def test_a_metric_of_the_other_task_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        metric_named("rmse", "classification")
    assert str(caught.value) == (
        "the metric 'rmse' scores a regression, but the task is classification; "
        "choose one of: accuracy, auc, log_loss, macro_f1, qwk"
    )


def test_companions_are_of_the_same_task_and_never_the_metric_itself() -> None:
    assert [m.name for m in companions(METRICS["rmse"])] == ["pearson"]
    assert [m.name for m in companions(METRICS["mae"])] == ["rmse", "pearson"]
    for metric in METRICS.values():
        assert all(m.task == metric.task and m is not metric for m in companions(metric))


def test_better_means_what_the_metric_means() -> None:
    assert METRICS["rmse"].is_better(0.4, 0.5)
    assert METRICS["accuracy"].is_better(0.5, 0.4)
    assert not METRICS["rmse"].is_better(0.5, 0.5)


def test_a_paired_error_is_the_bootstraps_and_far_below_either_scores() -> None:
    random = np.random.default_rng(0)
    targets = random.normal(size=(300, 1))
    hard = random.normal(size=targets.shape)  # what both get wrong alike
    first, second = (targets + hard + 0.2 * random.normal(size=hard.shape) for _ in range(2))
    metric = METRICS["rmse"]
    found = paired_error(metric, targets, first, second)
    draws = random.integers(0, 300, (2000, 300))
    differences = [
        metric.function(targets[at], first[at]) - metric.function(targets[at], second[at])
        for at in draws
    ]
    assert found == pytest.approx(np.std(differences), rel=0.1)
    alone = score(metric, targets, first).standard_error
    assert found is not None
    assert alone is not None
    assert found < alone / 2
    assert paired_error(metric, targets, first, first) == 0


def test_a_paired_error_of_one_group_is_unknown() -> None:
    targets = np.arange(4.0)[:, None]
    metric = METRICS["rmse"]
    assert paired_error(metric, targets, targets + 1, targets, ["a"] * 4) is None
