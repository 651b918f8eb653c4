"""Scores to expect on test rows: intervals that hold as many as they say."""

import numpy as np
import pytest

from foldwise.comparing.averaging_gain import averaging_gains
from foldwise.comparing.expected import Known, chance_of_better, expected_score
from foldwise.competition.metrics import METRICS, score
from foldwise.predictions.table import Predictions
from tests.comparing.tiny_sides import Floats, names

RMSE, ACCURACY = METRICS["rmse"], METRICS["accuracy"]


def coverage(rows: int, test_rows: int, heavy: float = 0.0) -> float:
    """How often the interval from `rows` holds the RMSE of new ones; of 600, +- 1.2 %."""
    rng, held, many = np.random.default_rng(1), 0, 600
    for _ in range(many):
        targets = rng.normal(size=(rows + test_rows, 1))
        guesses = targets + rng.normal(size=targets.shape) * (1 + heavy * np.abs(targets))
        seen = score(RMSE, targets[:rows], guesses[:rows])
        assert seen.standard_error is not None
        known = Known(seen.value, seen.standard_error, rows, rows - 1)
        expected = expected_score(RMSE, known, test_rows)
        held += expected.low <= RMSE.function(targets[rows:], guesses[rows:]) <= expected.high
    return held / many


@pytest.mark.parametrize(
    ("rows", "test_rows", "heavy"),
    [(400, 100, 0.0), (100, 400, 0.0), (200, 20, 0.0), (1000, 250, 1.0), (1000, 40, 1.0)],
)
def test_nine_intervals_in_ten_hold_the_score_of_new_rows(
    rows: int, test_rows: int, heavy: float
) -> None:
    assert 0.87 <= coverage(rows, test_rows, heavy) <= 0.93


def test_a_hundred_rows_with_some_that_err_far_more_are_too_few() -> None:
    assert 0.8 <= coverage(100, 400, 1.0) <= 0.86  # as the module says


def apart(rng: np.random.Generator, rows: int, kind: str) -> tuple[Floats, Floats]:
    """Targets (rows, 1), and two folds' models (2, rows, 1) that differ in what `kind` says."""
    targets = rng.normal(size=(rows, 1))
    first = 0.7 * targets + 0.7 * rng.normal(size=(rows, 1))
    second = {
        "strength": 0.1 * targets - 0.2 + 0.1 * rng.normal(size=(rows, 1)),
        "noise": 0.3 * targets + 1.5 * rng.normal(size=(rows, 1)),
    }[kind]
    return targets, np.stack([first, second])


# As of a small form with two folds, of which one learned little: the score to expect is moved far,
# and what it is told from is as uncertain as ever.
@pytest.mark.parametrize("metric", ["rmse", "pearson"])
@pytest.mark.parametrize("kind", ["strength", "noise"])
def test_nine_intervals_in_ten_hold_the_mean_of_two_models_that_are_far_apart(
    metric: str, kind: str
) -> None:
    rng, held, many, rows, test_rows = np.random.default_rng(3), 0, 300, 300, 1500
    rule, ids = METRICS[metric], names(test_rows)
    first_fold = np.arange(rows)[:, None] < rows // 2
    for _ in range(many):
        targets, values = apart(rng, rows, kind)
        seen = score(rule, targets, np.where(first_fold, values[0], values[1]))
        assert seen.standard_error is not None
        hidden, models = apart(rng, test_rows, kind)
        tables = [Predictions(ids, ("o",), model) for model in models]
        gain = averaging_gains({metric: seen.value}, tables)[metric]
        known = Known(seen.value, seen.standard_error, rows, rows - 1)
        expected = expected_score(rule, known, test_rows, gain)
        held += expected.holds(rule.function(hidden, models.mean(axis=0)))
    assert 0.86 <= held / many <= 0.95


def test_a_gain_of_nearly_the_whole_error_leaves_a_finite_interval() -> None:
    known = Known(1.0, 0.02, 100, 99)
    for gain in (0.999, 1.0):
        found = expected_score(RMSE, known, 10**9, gain)
        assert found.low == 0
        # sqrt(m - a) moves by the root of the error of m, 2 * 1.0 * 0.02, at most
        assert found.high == pytest.approx(1 - gain + 1.6604 * 0.04**0.5, abs=1e-3)


def test_the_chance_to_be_better_is_how_often_it_is() -> None:
    # true differences of all sizes, seen on 100 rows, decided on 50 others
    rng, many = np.random.default_rng(2), 6000
    true = rng.normal(scale=0.3, size=many)
    seen = true + rng.normal(scale=0.1, size=many)
    new = true + rng.normal(scale=0.1 * 2**0.5, size=many)
    chances = np.array([chance_of_better(RMSE, Known(d, 0.1, 100, 1e9), 50) for d in seen])
    for low, high in ((0.02, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.98)):
        at = (low < chances) & (chances < high)
        assert (new[at] < 0).mean() == pytest.approx(chances[at].mean(), abs=0.04)


def test_more_test_rows_leave_the_doubt_of_the_training_rows() -> None:
    known = Known(1.0, 0.1, 400, 399)
    widths = [
        expected.high - expected.low
        for expected in (expected_score(RMSE, known, n) for n in (100, 400, 10**9))
    ]
    assert widths == sorted(widths, reverse=True)
    # n = n' is the square root of two, and never below the interval of the score itself
    assert widths[1] / widths[2] == pytest.approx(2**0.5, rel=1e-6)
    assert widths[2] == pytest.approx(2 * 1.6487 * 0.1, rel=1e-3)


def test_a_gain_moves_the_score_to_the_better_side() -> None:
    known = Known(0.5, 0.01, 100, 99)
    assert expected_score(RMSE, known, 100, 0.1).value == pytest.approx(0.4)
    assert expected_score(ACCURACY, known, 100, 0.1).value == pytest.approx(0.6)
    assert expected_score(RMSE, known, 100).gain is None


def test_no_score_beyond_the_best_is_expected() -> None:
    assert expected_score(ACCURACY, Known(0.99, 0.1, 100, 99), 10).high == 1.0
    assert expected_score(RMSE, Known(0.01, 0.1, 100, 99), 10).low == 0.0


def test_equal_runs_are_a_coin_and_certain_ones_are_certain() -> None:
    assert chance_of_better(RMSE, Known(0.0, 0.0, 10, 9), 5) == 0.5
    assert chance_of_better(RMSE, Known(-0.1, 0.0, 10, 9), 5) == 1.0
    assert chance_of_better(ACCURACY, Known(-0.1, 0.0, 10, 9), 5) == 0.0
    better = chance_of_better(ACCURACY, Known(0.1, 0.1, 10, 9), 5)
    assert better + chance_of_better(RMSE, Known(0.1, 0.1, 10, 9), 5) == pytest.approx(1)


@pytest.mark.parametrize(
    ("metric", "least", "most"),
    [
        ("rmse", 0, np.inf),
        ("log_loss", 0, np.inf),
        ("accuracy", 0, 1),
        ("auc", 0, 1),
        ("pearson", -1, 1),
        ("qwk", -1, 1),
        ("r2", -np.inf, 1),
    ],
)
def test_no_score_is_expected_that_cannot_be(metric: str, least: float, most: float) -> None:
    expected = expected_score(METRICS[metric], Known(0.5, 9.0, 10, 9), 10)
    assert (expected.low, expected.high) == (
        max(least, expected.low),
        min(most, expected.high),
    )
    assert (expected.low == least) == np.isfinite(least)
    assert (expected.high == most) == np.isfinite(most)
