"""Metrics of a regression at their edges: ties, constants, exact predictions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foldwise.competition.metrics import METRICS, Score, score
from foldwise.competition.regression_metrics import mean_ranks, spearman
from foldwise.errors import DataError

TIED = st.lists(st.integers(0, 5), min_size=2, max_size=30)


@given(TIED)
@settings(deadline=None)
def test_ties_share_their_mean_rank(values: list[int]) -> None:
    ranks = mean_ranks(np.array(values, dtype=np.float64))
    assert ranks.tolist() == stats.rankdata(values).tolist()


@given(TIED.filter(lambda values: len(set(values)) > 1))
@settings(deadline=None)
def test_spearman_sees_only_the_order(values: list[int]) -> None:
    first = np.array(values, dtype=np.float64)[:, None]
    second = np.arange(len(values), dtype=np.float64)[:, None]
    assert spearman(first, np.exp(second)) == pytest.approx(spearman(first, second))
    assert spearman(first, -second) == pytest.approx(-spearman(first, second))


def test_exact_predictions_score_exactly() -> None:
    targets = np.random.default_rng(0).normal(size=(50, 2))
    assert score(METRICS["rmse"], targets, targets) == Score(0.0, 0.0, 50)
    assert score(METRICS["pearson"], targets, targets).value == pytest.approx(1)


@pytest.mark.parametrize("name", ["pearson", "spearman"])
def test_constant_predictions_have_no_correlation(name: str) -> None:
    targets = np.random.default_rng(0).normal(size=(50, 2))
    # 0.1 has no exact float: a standard deviation of 1e-17 must not count as a spread.
    assert score(METRICS[name], targets, np.full_like(targets, 0.1)) == Score(0.0, None, 50)


@pytest.mark.parametrize("name", ["pearson", "spearman", "r2"])
def test_targets_that_are_all_equal_are_refused(name: str) -> None:
    targets = np.full((5, 1), 0.1)
    predictions = np.arange(5.0)[:, None]
    with pytest.raises(DataError) as caught:
        score(METRICS[name], targets, predictions)
    assert str(caught.value) == (
        f"{name} needs targets that differ, got the same target on all 5 rows; "
        f"score more rows, or choose rmse"
    )
