"""Differences of scores: exact where they must be, and as uncertain as a bootstrap says."""

import math

import numpy as np
import pytest

from foldwise.comparing.paired import chance, paired_difference
from foldwise.comparing.sides import Side
from foldwise.competition.metrics import METRICS, Metric
from tests.comparing.tiny_sides import (
    Floats,
    names,
    rows_of,
    shuffled,
    side_of,
    table_of,
    two_models,
)

RMSE = METRICS["rmse"]
ROWS = 300
DRAWS = 500  # of a bootstrap


def data_for(metric: Metric) -> tuple[Floats, Floats, Floats]:
    """Targets, and two models' predictions of them, for a metric of any task."""
    if metric.task == "regression":
        return two_models(3, ROWS)
    rng = np.random.default_rng(4)
    classes = 2 if metric.name == "auc" else 4
    labels = rng.integers(classes, size=ROWS)
    shared = rng.normal(size=(ROWS, classes))
    tables = []
    for skill in (1.6, 1.2):
        logits = skill * np.eye(classes)[labels] + shared + 0.5 * rng.normal(size=shared.shape)
        tables.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    return labels[:, None].astype(np.float64), tables[0], tables[1]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_predictions_and_themselves_differ_by_exactly_nothing(metric: Metric) -> None:
    targets, first, second = data_for(metric)
    same = side_of("a", first, second)
    found = paired_difference(same, same, rows_of(targets), metric)
    assert (found.value, found.standard_error, found.low, found.high) == (0, 0, 0, 0)
    assert (found.p_value, found.is_none) == (1, True)
    assert set(found.seeds.values()) == set(found.folds.values()) == {0}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_swapping_the_sides_flips_the_sign_and_nothing_else(metric: Metric) -> None:
    targets, first, second = data_for(metric)
    a, b, rows = side_of("a", first, second), side_of("b", second, second), rows_of(targets)
    forth, back = paired_difference(a, b, rows, metric), paired_difference(b, a, rows, metric)
    assert forth.value == -back.value
    assert forth.standard_error == back.standard_error
    assert (forth.low, forth.high) == (-(back.high or 0), -(back.low or 0))
    assert forth.p_value == back.p_value
    assert forth.seeds == {seed: -value for seed, value in back.seeds.items()}
    assert (forth.first, forth.second) == (back.second, back.first)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_the_standard_error_is_that_of_a_paired_bootstrap(metric: Metric) -> None:
    targets, first, second = data_for(metric)
    rng = np.random.default_rng(5)
    draws = [rng.integers(ROWS, size=ROWS) for _ in range(DRAWS)]
    spread = np.std(
        [
            metric.function(targets[draw], first[draw])
            - metric.function(targets[draw], second[draw])
            for draw in draws
        ]
    )
    found = paired_difference(side_of("a", first), side_of("b", second), rows_of(targets), metric)
    # 500 draws know a standard deviation to 3 %.
    assert found.standard_error == pytest.approx(spread, rel=0.12)


def test_groups_are_drawn_whole() -> None:
    targets, first, second = two_models(6, 100)
    copied = [np.repeat(values, 3, axis=0) for values in (targets, first, second)]
    groups = [f"g{i // 3}" for i in range(300)]
    single = paired_difference(side_of("a", first), side_of("b", second), rows_of(targets), RMSE)
    grouped = paired_difference(
        side_of("a", copied[1]), side_of("b", copied[2]), rows_of(copied[0], groups), RMSE
    )
    assert grouped.value == pytest.approx(single.value)
    assert grouped.standard_error == pytest.approx(single.standard_error)


def test_the_order_of_rows_does_not_matter_to_the_last_digit() -> None:
    targets, first, second = two_models(7)
    rows, rng = rows_of(targets), np.random.default_rng(8)
    expected = paired_difference(side_of("a", first), side_of("b", second), rows, RMSE)
    found = paired_difference(
        Side("a", {0: shuffled(table_of(first), rng)}),
        Side("b", {0: shuffled(table_of(second), rng)}),
        rows.take(rng.permutation(len(rows))),
        RMSE,
    )
    assert found == expected


def test_seeds_are_averaged_and_shown_one_by_one() -> None:
    targets, first, second = two_models(9)
    _, other, _ = two_models(10)
    third = targets + 0.9 * (first - targets) + 0.1 * (other - targets.mean())
    rows = rows_of(targets)
    one = paired_difference(side_of("a", first), side_of("b", second), rows, RMSE)
    two = paired_difference(side_of("a", third), side_of("b", second), rows, RMSE)
    both = paired_difference(side_of("a", first, third), side_of("b", second, second), rows, RMSE)
    assert both.seeds == {0: one.value, 1: two.value}
    assert both.value == pytest.approx((one.value + two.value) / 2)
    assert both.of_rows is not None
    assert both.of_seeds is not None
    assert both.standard_error == pytest.approx(math.hypot(both.of_rows, both.of_seeds))
    assert (one.of_seeds, one.of_rows) == (None, one.standard_error)


def test_the_difference_of_a_fold_is_that_of_its_rows() -> None:
    targets, first, second = two_models(11)
    found = paired_difference(side_of("a", first), side_of("b", second), rows_of(targets), RMSE)
    at = np.arange(len(targets)) % 4 == 2
    expected = RMSE.function(targets[at], first[at]) - RMSE.function(targets[at], second[at])
    assert found.folds[2] == expected
    assert list(found.folds) == [0, 1, 2, 3]


def test_a_fold_on_which_the_metric_is_undefined_has_no_difference() -> None:
    targets, first, second = two_models(12, 8)
    targets[1::4] = 0.5  # all of fold 1
    found = paired_difference(
        side_of("a", first), side_of("b", second), rows_of(targets), METRICS["pearson"]
    )
    assert found.folds[1] is None
    assert found.folds[0] is not None


def test_a_correlation_with_equal_predictions_has_a_difference_but_no_standard_error() -> None:
    targets, first, _ = two_models(13)
    found = paired_difference(
        side_of("a", first),
        side_of("b", np.zeros_like(first)),
        rows_of(targets),
        METRICS["pearson"],
    )
    assert found.value == found.first > 0.5
    assert (found.standard_error, found.low, found.high, found.p_value) == (None,) * 4


def test_one_row_has_a_difference_but_no_standard_error() -> None:
    one, two = np.ones((1, 1)), np.full((1, 1), 2.0)
    found = paired_difference(side_of("a", one), side_of("b", two), rows_of(np.zeros((1, 1))), RMSE)
    assert (found.value, found.standard_error, found.rows) == (-1, None, 1)


def test_a_difference_on_which_all_rows_agree_is_certain() -> None:
    assert chance(0.3, 0.0, 10.0) == 0
    assert chance(0.0, 0.0, 10.0) == 1
    assert chance(1.96, 1.0, 1e9) == pytest.approx(0.05, abs=1e-4)


def test_rows_without_targets_are_a_bug() -> None:
    targets, first, _ = two_models(14, 5)
    rows = rows_of(targets)
    bare = type(rows)(names(5), rows.texts, rows.lines)
    with pytest.raises(ValueError, match="have targets"):
        paired_difference(side_of("a", first), side_of("a", first), bare, RMSE)
