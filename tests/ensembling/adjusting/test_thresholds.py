import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.adjusting.deciding import reweighted
from foldwise.ensembling.adjusting.thresholds import TRIED, _counts, fit_factors
from foldwise.ensembling.confusion import count
from tests.ensembling.problems import classification


@pytest.mark.parametrize("metric", ["macro_f1", "accuracy", "qwk"])
def test_factors_never_make_the_fitted_rows_score_less(metric: str) -> None:
    problem = classification(80, metric=metric, seed=4)
    truth = problem.targets[:, 0].astype(np.int64)
    factors = fit_factors(problem.members[2], truth, metric)
    score = METRICS[metric].function
    after = score(problem.targets, reweighted(problem.members[2], np.array(factors)))
    assert after >= score(problem.targets, problem.members[2])
    assert factors[0] == 1


def test_probabilities_that_shun_a_label_are_put_right() -> None:
    problem = classification(3000, (0.7,), seed=5)
    shunned = reweighted(problem.members[0], np.array([1.0, 1.0, 0.25]))
    factors = fit_factors(shunned, problem.targets[:, 0].astype(np.int64), "accuracy")
    assert factors[2] / factors[1] == pytest.approx(4, rel=0.3)


def test_what_is_right_already_stays() -> None:
    table = np.eye(3)[[0, 1, 2, 0]]
    assert fit_factors(table, np.array([0, 1, 2, 0]), "accuracy") == [1, 1, 1]


@pytest.mark.parametrize("certain", [False, True])
@pytest.mark.parametrize("label", [1, 2])
def test_all_factors_are_counted_in_one_pass_as_one_by_one(label: int, certain: bool) -> None:
    problem = classification(200, seed=6)
    truth = problem.targets[:, 0].astype(np.int64)
    table = problem.members[1]
    if certain:  # probabilities of zero and one, which no factor changes
        table = np.eye(3)[table.argmax(axis=1)]
    factors = np.array([1.0, 0.7, 1.9])
    for tried, found in zip(TRIED, _counts(table, truth, factors, label), strict=True):
        changed = np.where(np.arange(3) == label, tried, factors)
        expected = count(truth, (table * changed).argmax(axis=1), 3)
        np.testing.assert_array_equal(found, expected)


def test_a_rare_label_may_need_a_threshold_of_a_few_percent() -> None:
    random = np.random.default_rng(7)
    rare = random.random(20_000) < 0.03
    # right on average, and never above a tenth: F1 is best where a twentieth is enough
    positive = np.where(rare, random.uniform(0.04, 0.1, 20_000), random.uniform(0, 0.05, 20_000))
    table = np.column_stack([1 - positive, positive])
    _, factor = fit_factors(table, rare.astype(np.int64), "macro_f1")
    assert 1 / (1 + factor) == pytest.approx(0.05, abs=0.006)
