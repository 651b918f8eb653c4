import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.methods.hill import ADDITIONS, BEGINNING, PATIENCE, bags_of, fit_hill
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Options, Recipe
from tests.ensembling.problems import of_metric, regression


def by_the_book(problem: Problem) -> np.ndarray:
    """Caruana's selection of all members, from scratch at every step."""
    members = range(len(problem.members))

    def gain(inside: list[int]) -> float:
        mean = problem.members[inside].mean(axis=0)
        value = problem.metric.function(problem.targets, mean)
        return value if problem.metric.greater_is_better else -value

    order = sorted(members, key=lambda i: -gain([i]))
    starts = [order[: k + 1] for k in range(min(BEGINNING, len(order)))]
    inside = best = max(starts, key=gain)
    since = 0
    while since < PATIENCE and len(inside) < ADDITIONS:
        inside = max(([*inside, i] for i in members), key=gain)
        since += 1
        if gain(inside) > gain(best) + 1e-12:
            best, since = inside, 0
    return np.bincount(best, minlength=len(problem.members)) / len(best)


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_a_climb_is_the_papers_for_every_metric(metric: str) -> None:
    problem = of_metric(metric, seed=5)
    weights = fit_hill(problem, Recipe("hill")).shares()
    np.testing.assert_allclose(weights, by_the_book(problem), atol=1e-9)


def test_bags_are_halves_of_the_members_that_the_seed_decides() -> None:
    bags = bags_of(60, 6, seed=1)
    assert [len(set(bag)) for bag in bags] == [30] * 6
    assert len({tuple(bag) for bag in bags}) == 6
    assert bags == bags_of(60, 6, seed=1)
    assert bags != bags_of(60, 6, seed=2)
    # more bags are the same ones and others
    assert bags_of(60, 8, seed=1)[:6] == bags


def test_few_members_climb_together_once() -> None:
    assert bags_of(4, 10, seed=0) == [[0, 1, 2, 3]]
    assert bags_of(20, 10, seed=0) == [list(range(20))]
    assert [len(bag) for bag in bags_of(30, 2, seed=0)] == [20, 20]


def test_the_one_member_that_matters_is_in_every_climb_of_few() -> None:
    problem = regression(300, (0.1, *[3.0] * 9))
    assert fit_hill(problem, Recipe("hill")).shares()[0] > 0.9  # half of halves would lack it


def test_the_weights_are_the_mean_of_the_bags() -> None:
    problem = regression(200, (0.5,) * 40)
    weights = fit_hill(problem, Recipe("hill", Options(bags=3))).shares()
    assert sum(weights) == pytest.approx(1)
    assert weights == fit_hill(problem, Recipe("hill", Options(bags=3))).shares()
    assert weights != fit_hill(problem, Recipe("hill", Options(bags=3, seed=1))).shares()


def test_members_of_equal_worth_share_the_weight_and_noise_gets_little() -> None:
    problem = regression(3000, (0.5, 0.5, 0.5, 5.0))
    weights = fit_hill(problem, Recipe("hill")).shares()
    np.testing.assert_allclose(weights[:3], 1 / 3, atol=0.05)
    assert weights[3] < 0.02
