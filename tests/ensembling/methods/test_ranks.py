import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.methods.ranks import fit_ranks
from foldwise.ensembling.recipe import Recipe
from tests.ensembling.problems import classification, regression


def test_a_members_scale_does_not_matter_to_the_order() -> None:
    problem = regression(600, (0.5, 0.5), metric="spearman")
    stretched = problem.members.copy()
    stretched[1] = np.exp(4 * stretched[1])  # the same order on another scale
    found = [
        fit_ranks(type(problem)(m, problem.targets, problem.folds, problem.metric), Recipe("rank"))
        .apply(m)[:, 0]
        .argsort()
        .argsort()
        for m in (problem.members, stretched)
    ]
    # ranks between quantiles are interpolated, so that neighbours may swap
    assert np.abs(found[0] - found[1]).max() <= 6
    spearman = METRICS["spearman"].function
    by_mean = spearman(problem.targets, stretched.mean(axis=0))
    assert spearman(problem.targets, found[1][:, None].astype(np.float64)) > by_mean + 0.01


def test_ranks_are_averaged_as_ranks() -> None:
    problem = regression(500, (0.5, 0.8), metric="spearman")
    found = fit_ranks(problem, Recipe("rank")).apply(problem.members)[:, 0]
    ranks = problem.members[:, :, 0].argsort(axis=1).argsort(axis=1).mean(axis=0)
    assert np.corrcoef(found.argsort().argsort(), ranks.argsort().argsort())[0, 1] > 0.9995


def test_the_blend_has_the_members_unit() -> None:
    problem = regression(800)
    found = fit_ranks(problem, Recipe("rank")).apply(problem.members)
    shares = [0.05, 0.5, 0.95]
    expected = np.quantile(problem.members, shares, axis=1).mean(axis=1)[:, 0]
    # in the members' unit, and less spread out than each of them, as a mean is
    ratios = np.quantile(found, shares)[[0, 2]] / expected[[0, 2]]
    assert ((ratios > 0.7) & (ratios < 1)).all()
    assert np.quantile(found, 0.5) == pytest.approx(expected[1], abs=0.1)


def test_of_two_labels_probabilities_remain() -> None:
    problem = classification(200, labels=2, metric="auc")
    found = fit_ranks(problem, Recipe("rank")).apply(problem.members)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert ((found >= 0) & (found <= 1)).all()
    assert problem.score(found).value > max(problem.score(m).value for m in problem.members)
