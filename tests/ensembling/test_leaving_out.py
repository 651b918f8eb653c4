from dataclasses import replace

import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling import leaving_out
from foldwise.ensembling.cross_fitting import cross_fit
from foldwise.ensembling.formula import linear
from foldwise.ensembling.leaving_out import (
    best_few,
    by_weight,
    can_leave_out,
    is_refitted,
    residual_correlations,
    restricted,
    without_each,
)
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Method, Options, Recipe
from tests.ensembling.problems import classification, regression


@pytest.mark.parametrize("method", ["nnls", "hill", "ridge"])
def test_without_a_member_the_others_are_fitted_anew(method: Method) -> None:
    problem, recipe = regression(), Recipe(method)
    whole = cross_fit(problem, recipe)
    for member, line in enumerate(without_each(problem, recipe, whole)):
        rest = problem.of([i for i in range(3) if i != member])
        expected = rest.score(cross_fit(rest, recipe).honest).value
        assert line is not None
        assert line.members == 2
        assert line.score == pytest.approx(expected)
        assert line.worse_by == pytest.approx(expected - problem.score(whole.honest).value)


def test_worse_is_worse_also_where_more_is_better() -> None:
    problem = classification(3000, (0.5, 3.0), metric="accuracy")
    lines = without_each(problem, Recipe("mean"), cross_fit(problem, Recipe("mean")))
    assert lines[0] is not None
    assert lines[0].worse_by > 10 * (lines[0].standard_error or 0)


def test_weights_that_are_kept_are_shared_out_among_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(leaving_out, "MOST_SECONDS", 0.0)
    problem, recipe = regression(), Recipe("nnls")
    fit = cross_fit(problem, recipe)
    line = without_each(problem, recipe, fit)[0]
    honest = np.empty_like(fit.honest)
    for fold, formula in fit.by_fold.items():
        rest = np.array(formula.shares()[1:])
        mine = problem.folds == fold
        honest[mine] = np.average(problem.members[1:, mine], axis=0, weights=rest)
    assert line is not None
    assert line.score == pytest.approx(problem.score(honest).value)
    # weights of either sign cannot be shared out
    assert not can_leave_out(problem, Recipe("ridge"))


@pytest.mark.parametrize(
    ("method", "metric", "shape", "refitted"),
    [
        ("nnls", "rmse", (10, 8_000, 1), True),
        ("hill", "accuracy", (10, 8_000, 5), True),
        ("hill", "auc", (10, 18_701, 2), False),  # minutes, where nothing shows how far it is
        ("hill", "accuracy", (20, 40_000, 5), False),
        ("nnls", "accuracy", (50, 156_060, 5), False),
        ("nnls", "accuracy", (5, 156_060, 5), True),
    ],
)
def test_fits_that_would_take_minutes_are_not_begun(
    method: Method, metric: str, shape: tuple[int, int, int], refitted: bool
) -> None:
    members = np.broadcast_to(0.5, shape)  # takes no memory
    rows = shape[1]
    problem = Problem(members, np.zeros((rows, 1)), np.arange(rows) % 5, METRICS[metric])
    assert is_refitted(problem, Recipe(method)) is refitted


def test_the_best_few_are_chosen_by_the_other_folds() -> None:
    problem, recipe = regression(300), Recipe("nnls")
    fit = cross_fit(problem, recipe)
    one, two, three = best_few(problem, recipe, fit)
    assert [one.members, two.members, three.members] == [1, 2, 3]
    best = [int(np.argmax(fit.by_fold[fold].shares())) for fold in problem.folds.tolist()]
    alone = problem.members[best, np.arange(300)]
    assert one.score == pytest.approx(problem.score(alone).value)
    assert (three.worse_by, three.is_enough) == (0, True)
    assert not one.is_enough


def test_members_that_add_nothing_are_not_needed() -> None:
    problem, recipe = regression(400, (0.5, 0.5)), Recipe("nnls")
    worse = 2 * problem.members[:1] - problem.targets  # the first member's errors, doubled
    problem = replace(problem, members=np.concatenate([problem.members[:1], worse]))
    assert best_few(problem, recipe, cross_fit(problem, recipe))[0].is_enough


def test_a_formula_of_members_without_weight_is_none() -> None:
    formula = linear(np.array([1.0, 0.0, 0.0]), 2, probabilities=True)
    assert restricted(formula, [1, 2]) is None
    found = restricted(linear(np.array([0.5, 0.3, 0.2]), 1, probabilities=False), [1, 2])
    assert found is not None
    np.testing.assert_allclose(np.ravel(found.weights), [0.6, 0.4])


def test_rank_tables_stay_with_their_members() -> None:
    problem = regression(metric="spearman")
    formula = cross_fit(problem, Recipe("rank")).formula
    part = restricted(formula, [2])
    assert part is not None
    expected = cross_fit(problem.of([2]), Recipe("rank")).formula
    np.testing.assert_allclose(part.weights, expected.weights)
    assert part.quantiles == expected.quantiles


@pytest.mark.parametrize("problem", [regression(targets=2), classification()])
def test_correlations_of_residuals_are_numpys(problem: Problem) -> None:
    residuals = (problem.members - problem.wanted()).reshape(3, -1)
    np.testing.assert_allclose(residual_correlations(problem), np.corrcoef(residuals), atol=1e-12)


def test_fewer_members_keep_the_decisions() -> None:
    problem, recipe = classification(metric="qwk"), Recipe("nnls", Options(decision="cut_points"))
    lines = best_few(problem, recipe, cross_fit(problem, recipe))
    assert [line.members for line in lines] == [1, 2, 3]


@pytest.mark.parametrize("weights", [[0.5, 0.3, 0.2], [0.4, 0.2, 0.4], [0.0, 1.0, 0.0]])
def test_members_of_equal_weight_stand_in_the_order_of_their_scores(weights: list[float]) -> None:
    problem = regression(200)
    errors = [problem.score(member).value for member in problem.members]
    expected = sorted(range(3), key=lambda i: (-weights[i], errors[i]))
    formula = linear(np.array(weights), 1, probabilities=False)
    assert by_weight(formula, problem) == expected
