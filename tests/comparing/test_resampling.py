"""Intervals from resampled groups: the same as drawing rows, and as wide as they should be."""

import math

import numpy as np
import pytest

from foldwise.comparing.paired import paired_difference
from foldwise.comparing.resampling import (
    CHUNK,
    LINEAR,
    MEANS,
    RESAMPLES,
    Resampled,
    means_of,
    resampled,
)
from foldwise.comparing.sides import Tables
from foldwise.competition.metrics import METRICS, Metric
from tests.comparing.test_paired import data_for
from tests.comparing.tiny_sides import Floats, rows_of, side_of, table_of

LEVEL = 0.95
RMSE = METRICS["rmse"]


def groups_of(rows: int, each: int = 5) -> list[str]:
    return [f"g{i // each}" for i in range(rows)]


def drawn(
    metric: Metric, targets: Floats, *pairs: tuple[Floats, Floats], each: int = 5
) -> Resampled:
    tables: list[Tables] = [(table_of(first), table_of(second)) for first, second in pairs]
    return resampled([metric], targets, tables, groups_of(len(targets), each), LEVEL)[metric.name]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_the_interval_is_that_of_scoring_drawn_rows_anew(metric: Metric) -> None:
    targets, first, second = data_for(metric)
    found = drawn(metric, targets, (first, second))
    assert found.method == ("influences" if metric.name in LINEAR else "sums")
    rng, members = np.random.default_rng(1), np.arange(len(targets)).reshape(-1, 5)
    values = []
    for _ in range(1500):
        at = members[rng.integers(len(members), size=len(members))].ravel()
        values.append(
            metric.function(targets[at], first[at]) - metric.function(targets[at], second[at])
        )
    low, high = np.quantile(values, [0.025, 0.975])
    # the ends are moved out by a few per cent, and 1,500 draws know them to another few
    assert found.low == pytest.approx(low, abs=0.15 * (high - low))
    assert found.high == pytest.approx(high, abs=0.15 * (high - low))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_score_from_means_over_all_rows_is_the_metric_itself(metric: Metric) -> None:
    targets, first, _ = data_for(metric)
    means = means_of(metric, targets, first)
    assert means.score(means.rows.mean(axis=0, keepdims=True)) == pytest.approx(
        [metric.function(targets, first)]
    )


@pytest.mark.parametrize("name", sorted(set(METRICS) - LINEAR))
def test_a_score_from_means_over_some_rows_is_that_of_these_rows(name: str) -> None:
    metric, at = METRICS[name], slice(0, 100)
    targets, first, _ = data_for(metric)
    means = means_of(metric, targets, first)
    assert means.score(means.rows[at].mean(axis=0, keepdims=True)) == pytest.approx(
        [metric.function(targets[at], first[at])]
    )


def test_a_draw_that_leaves_a_score_undefined_tells_nothing() -> None:
    metric = METRICS["pearson"]
    targets, first, second = data_for(metric)
    tables: list[Tables] = [(table_of(first), table_of(second))]
    groups = [*["a"] * (len(targets) - 1), "b"]  # some draws are of the one row of b alone
    assert resampled([metric], targets, tables, groups, LEVEL) == {}


@pytest.mark.parametrize("name", ["rmse", "pearson", "auc"])
def test_many_groups_of_one_row_give_student_s_interval(name: str) -> None:
    metric = METRICS[name]
    targets, first, second = data_for(metric)
    student = paired_difference(side_of("a", first), side_of("b", second), rows_of(targets), metric)
    assert student.low is not None
    assert student.high is not None
    found = drawn(metric, targets, (first, second), each=1)
    width = student.high - student.low
    assert found.high - found.low == pytest.approx(width, rel=0.08)
    assert found.low == pytest.approx(student.low, abs=0.08 * width)


def test_swapping_the_sides_flips_the_interval() -> None:
    targets, first, second = data_for(RMSE)
    forth = drawn(RMSE, targets, (first, second))
    back = drawn(RMSE, targets, (second, first))
    assert (back.low, back.high) == pytest.approx((-forth.high, -forth.low))


def test_the_same_call_draws_the_same_groups() -> None:
    targets, first, second = data_for(RMSE)
    assert drawn(RMSE, targets, (first, second)) == drawn(RMSE, targets, (first, second))


def test_metrics_together_have_the_intervals_that_each_has_alone() -> None:
    targets, first, second = data_for(RMSE)
    metrics = [METRICS[name] for name in ("rmse", "r2", "spearman")]
    tables: list[Tables] = [(table_of(first), table_of(second))]
    together = resampled(metrics, targets, tables, groups_of(len(targets)), LEVEL)
    for metric in metrics:
        alone = drawn(metric, targets, (first, second))
        assert together[metric.name].method == alone.method
        ends = together[metric.name].low, together[metric.name].high
        assert ends == pytest.approx((alone.low, alone.high), rel=1e-12)


def test_metrics_share_draws_that_need_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    # groups are drawn once for all metrics, and never more of them at once than `CHUNK`
    sizes, default_rng = list[int](), np.random.default_rng

    class Counting:
        def __init__(self, seed: int) -> None:
            self._rng = default_rng(seed)

        def integers(self, high: int, size: tuple[int, int]) -> object:
            sizes.append(math.prod(size))
            return self._rng.integers(high, size=size)

    targets, first, second = data_for(RMSE)
    monkeypatch.setattr("foldwise.comparing.resampling.np.random.default_rng", Counting)
    metrics = [METRICS[name] for name in ("rmse", "mse", "mae", "r2")]
    groups = groups_of(len(targets))
    resampled(metrics, targets, [(table_of(first), table_of(second))], groups, LEVEL)
    assert sum(sizes) == RESAMPLES * len(set(groups))
    assert max(sizes) <= CHUNK


def test_pairs_are_averaged() -> None:
    targets, first, second = data_for(RMSE)
    twice = drawn(RMSE, targets, (first, second), (first, second))
    assert (twice.low, twice.high) == pytest.approx(
        (drawn(RMSE, targets, (first, second)).low, drawn(RMSE, targets, (first, second)).high)
    )
    against = drawn(RMSE, targets, (first, second), (second, first))
    assert (against.low, against.high) == pytest.approx((0, 0), abs=1e-12)


def test_one_group_tells_nothing() -> None:
    targets, first, second = data_for(RMSE)
    tables: list[Tables] = [(table_of(first), table_of(second))]
    assert resampled([RMSE], targets, tables, ["g"] * len(targets), LEVEL) == {}


def test_every_metric_is_of_one_kind() -> None:
    assert frozenset({"macro_f1", "qwk", "auc", "spearman"}) == LINEAR
    assert not MEANS & LINEAR


def test_intervals_of_groups_hold_the_true_difference_as_often_as_they_say() -> None:
    # rows of a group share an error; the true difference of the mean squared errors is 0.4
    rng, metric, held = np.random.default_rng(2), METRICS["mse"], 0
    for _ in range(200):
        shared = np.repeat(rng.normal(size=(40, 1)), 4, axis=0)
        first = 0.8 * shared + 0.6 * rng.normal(size=(160, 1))
        second = 0.4 * np.repeat(rng.normal(size=(40, 1)), 4, axis=0) + rng.normal(size=(160, 1))
        second *= np.sqrt(1.4 / 1.16)
        found = drawn(metric, np.zeros((160, 1)), (first, second), each=4)
        held += found.low <= -0.4 <= found.high
    assert 0.9 <= held / 200 <= 0.985  # 95 %, of 200: +- 3 %
