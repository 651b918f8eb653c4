from dataclasses import replace

import numpy as np
import pytest

from foldwise.ensembling.cross_fitting import cross_fit
from foldwise.ensembling.methods.fitting import fit_formula
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Decision, Method, Options, Recipe
from foldwise.errors import DataError
from tests.ensembling.problems import classification, regression

FITTED: list[tuple[Problem, Recipe]] = [
    (regression(), Recipe("rank")),
    (regression(), Recipe("nnls")),
    (regression(metric="mae"), Recipe("hill")),
    (regression(targets=2), Recipe("ridge", Options(per_class=True))),
    (classification(), Recipe("nnls")),
    (classification(), Recipe("nnls", Options(space="logit"))),
    (classification(metric="qwk"), Recipe("hill", Options(decision="cut_points"))),
    (classification(metric="macro_f1"), Recipe("mean", Options(decision="thresholds"))),
    (classification(metric="log_loss"), Recipe("mean", Options(temperature=True))),
    (classification(), Recipe("logistic", Options(per_class=True))),
]


@pytest.mark.parametrize(("problem", "recipe"), FITTED, ids=lambda x: getattr(x, "method", ""))
def test_a_fold_s_rows_have_no_say_in_how_they_are_blended(
    problem: Problem, recipe: Recipe
) -> None:
    before = cross_fit(problem, recipe)
    mine = problem.folds == 1
    spoilt = problem.targets.copy()
    spoilt[mine] = np.roll(spoilt[mine], 1, axis=0)
    members = problem.members.copy()
    members[:, ~mine] = problem.members[:, ~mine]
    members[0][mine] = problem.members[1][mine]

    after = cross_fit(replace(problem, targets=spoilt, members=members), recipe)

    # others' targets and predictions decide; this fold's may be anything
    assert after.by_fold[1] == before.by_fold[1]
    np.testing.assert_array_equal(after.honest[mine], before.by_fold[1].apply(members[:, mine]))
    assert after.by_fold[0] != before.by_fold[0]


@pytest.mark.parametrize(("problem", "recipe"), FITTED, ids=lambda x: getattr(x, "method", ""))
def test_each_fold_is_blended_by_what_the_others_fitted(problem: Problem, recipe: Recipe) -> None:
    fit = cross_fit(problem, recipe)
    for fold in range(3):
        rest, mine = problem.folds != fold, problem.folds == fold
        formula = fit_formula(problem.at(rest), recipe)
        assert fit.by_fold[fold] == formula
        np.testing.assert_array_equal(fit.honest[mine], formula.apply(problem.members[:, mine]))
    np.testing.assert_array_equal(fit.in_sample, fit.formula.apply(problem.members))


@pytest.mark.parametrize("method", ["mean", "weights"])
def test_where_nothing_is_fitted_there_is_nothing_to_be_optimistic_about(method: Method) -> None:
    shares = (0.5, 0.3, 0.2) if method == "weights" else ()
    fit = cross_fit(regression(), Recipe(method, shares=shares))
    assert fit.honest is fit.in_sample
    assert fit.by_fold == {}


@pytest.mark.parametrize("method", ["nnls", "hill", "ridge"])
def test_what_is_fitted_on_noise_is_not_better_honestly(method: Method) -> None:
    random = np.random.default_rng(3)
    problem = regression(60, (1.0,) * 8, folds=5)
    noise = replace(problem, members=random.normal(size=problem.members.shape))
    fit = cross_fit(noise, Recipe(method))
    assert noise.score(fit.in_sample).value < noise.score(fit.honest).value


@pytest.mark.parametrize("decision", ["cut_points", "thresholds"])
def test_decisions_fitted_on_noise_are_not_better_honestly(decision: Decision) -> None:
    optimism = []
    for seed in range(6):
        problem = classification(90, (30.0, 30.0), metric="qwk", seed=seed)
        fit = cross_fit(problem, Recipe("mean", Options(decision=decision)))
        optimism.append(problem.score(fit.in_sample).value - problem.score(fit.honest).value)
    assert np.mean(optimism) > 0.02


def test_one_fold_alone_cannot_be_cross_fitted() -> None:
    with pytest.raises(DataError, match="there is one, 0; train more folds, or blend by mean"):
        cross_fit(regression(folds=1), Recipe("nnls"))
    cross_fit(regression(folds=1), Recipe("mean"))
