"""Two runs by metric and by fold, and how small a difference could have been seen."""

from dataclasses import replace

import numpy as np
import pytest

from foldwise.comparing.comparison import (
    MetricComparison,
    compared_by,
    compared_folds,
    compared_metrics,
    findable,
)
from foldwise.comparing.paired import paired_difference
from foldwise.competition.metrics import METRICS
from tests.comparing.tiny_sides import rows_of, side_of, two_models

RMSE, MSE = METRICS["rmse"], METRICS["mse"]


def test_rows_that_stand_alone_have_student_s_interval() -> None:
    targets, first, second = two_models(1)
    found = compared_by(RMSE, side_of("a", first), side_of("b", second), rows_of(targets))
    assert found.resampled is None
    assert (found.low, found.high) == (found.difference.low, found.difference.high)
    assert found.difference.value < 0
    assert not found.is_noise


def test_rows_in_groups_have_an_interval_of_drawn_groups_near_student_s() -> None:
    targets, first, second = two_models(2)
    rows = rows_of(targets, [f"g{i // 3}" for i in range(len(targets))])
    found = compared_by(RMSE, side_of("a", first), side_of("b", second), rows)
    student = found.difference
    assert found.resampled is not None
    assert (found.low, found.high) == (found.resampled.low, found.resampled.high)
    assert student.low is not None
    assert student.high is not None
    assert (found.low, found.high) != (student.low, student.high)
    width = student.high - student.low
    assert found.low == pytest.approx(student.low, abs=0.1 * width)
    assert found.high == pytest.approx(student.high, abs=0.1 * width)


def test_seeds_make_the_interval_of_drawn_groups_wider_too() -> None:
    targets, first, second = two_models(3)
    others = [first + shift for shift in (0.0, 0.4, -0.5)]
    rows = rows_of(targets, [f"g{i // 3}" for i in range(len(targets))])
    found = compared_by(RMSE, side_of("a", *others), side_of("b", *[second] * 3), rows)
    assert found.resampled is not None
    assert found.low is not None
    assert found.high is not None
    difference = found.difference
    assert difference.of_rows is not None
    assert difference.standard_error is not None
    assert difference.standard_error > 1.05 * difference.of_rows
    wider = (found.high - found.low) / (found.resampled.high - found.resampled.low)
    assert wider == pytest.approx(difference.standard_error / difference.of_rows)


def test_a_difference_of_the_findable_size_is_found_four_times_in_five() -> None:
    rng = np.random.default_rng(4)
    size = float(np.mean([_seen(rng, 0.0).findable for _ in range(50)]))
    seen = [_seen(rng, size) for _ in range(600)]
    found = [not of.is_noise for of in seen]
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)
    # and what is noticeable is what the interval tells from zero
    assert found == [abs(of.difference.value) > (of.noticeable or 0) for of in seen]


def _seen(rng: np.random.Generator, size: float) -> MetricComparison:
    """200 rows on which the true mean squared errors are `size` apart."""
    shared = rng.normal(size=(200, 1))
    errors = [np.square(shared + rng.normal(size=shared.shape)) for _ in range(2)]
    sides = side_of("a", np.sqrt(errors[0])), side_of("b", np.sqrt(errors[1] + size))
    return compared_by(MSE, *sides, rows_of(np.zeros_like(shared)))


def test_nothing_is_findable_where_nothing_is_known() -> None:
    one = rows_of(np.zeros((1, 1)))
    found = compared_by(RMSE, side_of("a", np.ones((1, 1))), side_of("b", np.zeros((1, 1))), one)
    assert (found.low, found.high, found.noticeable, found.findable) == (None,) * 4
    assert not found.is_noise
    assert findable(found.difference) is None


def test_each_fold_has_the_difference_and_the_interval_of_its_rows() -> None:
    targets, first, second = two_models(5)
    a, b, rows = side_of("a", first), side_of("b", second), rows_of(targets)
    folds = compared_folds(RMSE, a, b, rows)
    whole = paired_difference(a, b, rows, RMSE)
    assert {k: None if d is None else d.value for k, d in folds.items()} == whole.folds
    assert whole.standard_error is not None
    for fold in folds.values():
        assert fold is not None
        assert fold.rows == 75
        assert fold.standard_error is not None
        assert fold.standard_error > 1.3 * whole.standard_error  # a quarter of the rows


def test_a_fold_on_which_the_metric_is_undefined_has_none() -> None:
    targets, first, second = two_models(6, 8)
    targets[1::4] = 0.5
    folds = compared_folds(
        METRICS["pearson"], side_of("a", first), side_of("b", second), rows_of(targets)
    )
    assert folds[1] is None
    assert folds[0] is not None


def test_a_companion_that_is_undefined_is_left_out() -> None:
    targets, first, second = two_models(7, 20)
    metrics = [RMSE, METRICS["pearson"]]
    sides = side_of("a", first), side_of("b", second)
    assert [m.metric for m in compared_metrics(*sides, rows_of(targets), metrics)] == [
        "rmse",
        "pearson",
    ]
    equal = rows_of(np.ones_like(targets))
    assert [m.metric for m in compared_metrics(*sides, equal, metrics)] == ["rmse"]


def test_noise_is_an_interval_that_holds_zero() -> None:
    targets, first, _ = two_models(8)
    same = compared_by(RMSE, side_of("a", first), side_of("b", first), rows_of(targets))
    assert same.is_noise
    assert not replace(same, low=0.1, high=0.2).is_noise
    assert not replace(same, low=None).is_noise
