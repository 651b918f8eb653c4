import itertools

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import wilcoxon

from foldwise.competition.metrics import METRICS
from foldwise.predictions.table import Predictions
from foldwise.tuning.judging import Evidence, Spending, evidence
from tests.comparing.tiny_sides import Floats, rows_of, table_of, two_models

RMSE, PEARSON = METRICS["rmse"], METRICS["pearson"]
LEVEL = 0.05
LOOKS, FOLDS, ROWS = (0.25, 0.5, 0.75, 1.0), 4, 400


def test_the_worse_of_two_models_is_found_out_and_the_better_is_not() -> None:
    targets, better, worse = two_models(seed=1, rows=400)
    rows = rows_of(targets)
    for metric in (RMSE, PEARSON):
        found = evidence(table_of(worse), table_of(better), rows, metric, LEVEL)
        assert found.is_worse
        assert found.p_value < 1e-4
        assert not evidence(table_of(better), table_of(worse), rows, metric, LEVEL).is_worse


def test_the_same_predictions_are_not_worse() -> None:
    targets, first, _ = two_models(seed=2)
    found = evidence(table_of(first), table_of(first), rows_of(targets), RMSE, LEVEL)
    assert (found.difference, found.is_worse) == (0.0, False)


def test_rows_of_a_group_count_as_one() -> None:
    targets, better, worse = two_models(seed=3, rows=12)
    apart = evidence(table_of(worse), table_of(better), rows_of(targets), RMSE, LEVEL)
    many = [np.repeat(values, 30, axis=0) for values in (targets, better, worse)]
    groups = [f"g{i // 30}" for i in range(360)]
    rows = rows_of(many[0], groups)
    together = evidence(table_of(many[2]), table_of(many[1]), rows, RMSE, LEVEL)
    # thirty copies of a row say no more than the row
    assert together.p_value == pytest.approx(apart.p_value, rel=0.05)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8, unique=True), st.integers(1, 8))
def test_all_comparisons_together_spend_no_more_than_the_level(
    shares: list[float], folds: int
) -> None:
    spending = Spending(LEVEL, folds)
    steps = [0.0, *sorted(shares)]
    looks = sum(spending.of_look(a, b) for a, b in itertools.pairwise(steps))
    ends = sum(spending.of_fold() for _ in range(folds - 1)) if folds > 1 else 0.0
    assert looks + ends <= LEVEL * (1 + 1e-9)


def of_rows(values: Floats, at: NDArray[np.bool_]) -> Predictions:
    whole = table_of(values, FOLDS)
    return Predictions(
        tuple(np.array(whole.ids)[at]),
        whole.outputs,
        whole.values[at],
        None if whole.folds is None else whole.folds[at],
    )


def dropped(rng: np.random.Generator, worse_by: float) -> bool:
    """Whether a trial is dropped at any of its comparisons; errors fall as training goes on."""
    targets, shared = rng.normal(size=(2, ROWS, 1))
    spending, rows = Spending(LEVEL, FOLDS), rows_of(targets)
    own = rng.normal(size=(2, ROWS, 1))  # what trial and incumbent err by, the same at each look
    folds = np.arange(ROWS) % FOLDS
    before = 0.0
    for share in LOOKS:
        fresh = rng.normal(size=(2, ROWS, 1))
        errors = 0.5 * shared + 0.3 * own + 0.3 * (1.5 - share) * fresh
        errors[0] *= 1 + worse_by
        at = folds == 0
        mine, other = (of_rows(targets + error, at) for error in errors)
        level = spending.of_look(before, share)
        if evidence(mine, other, rows.take(np.flatnonzero(at)), RMSE, level).is_worse:
            return True
        before = share
    final = [targets + (0.5 * shared + 0.4 * mine) * scale
             for mine, scale in zip(own, (1 + worse_by, 1), strict=True)]  # fmt: skip
    for count in range(1, FOLDS):
        at = folds < count
        mine, other = (of_rows(values, at) for values in final)
        if evidence(mine, other, rows.take(np.flatnonzero(at)), RMSE, spending.of_fold()).is_worse:
            return True
    return False


def test_an_equal_trial_is_dropped_no_more_often_than_the_level_says() -> None:
    rng = np.random.default_rng(5)
    times = 100
    share = np.mean([dropped(rng, worse_by=0.0) for _ in range(times)])
    # seven comparisons; one level each would drop a fifth of equal trials
    assert share <= LEVEL + 2 * np.sqrt(LEVEL * (1 - LEVEL) / times)


def test_a_trial_that_is_a_quarter_worse_is_dropped_nearly_always() -> None:
    rng = np.random.default_rng(6)
    assert np.mean([dropped(rng, worse_by=0.25) for _ in range(40)]) > 0.9


def test_evidence_is_below_its_level_or_not() -> None:
    assert Evidence(0.1, 0.004, 0.005).is_worse
    assert not Evidence(0.1, 0.005, 0.005).is_worse


@pytest.mark.parametrize(("folds", "least"), [(2, 0.25), (3, 0.125), (4, 0.0625)])
def test_fold_scores_alone_cannot_show_before_the_fourth_that_a_trial_is_worse(
    folds: int, least: float
) -> None:
    # however much worse: the signed ranks of so few numbers have no smaller p-value
    differences = np.array([10.0, 11.0, 12.0, 13.0])[:folds]
    assert wilcoxon(differences, alternative="greater").pvalue == least
    study = optuna.create_study(pruner=optuna.pruners.WilcoxonPruner(p_threshold=0.1))
    best, trial = study.ask(), None
    for fold in range(5):
        best.report(1.0 + 0.01 * fold, fold)
    study.tell(best, 1.02)
    trial = study.ask()
    for fold in range(folds):
        trial.report(100.0 + fold, fold)
    assert trial.should_prune() == (folds == 4)
