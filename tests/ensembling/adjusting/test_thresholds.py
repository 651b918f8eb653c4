import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.adjusting.deciding import reweighted
from foldwise.ensembling.adjusting.thresholds import fit_factors
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
