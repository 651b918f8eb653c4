from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from foldwise.ensembling.methods import ridge
from foldwise.ensembling.methods.ridge import fit_ridge
from foldwise.ensembling.recipe import Options, Recipe
from tests.ensembling.problems import classification, regression


@pytest.mark.parametrize("strength", [1e-3, 0.1, 10.0])
def test_weights_are_scikit_learns_around_the_mean(
    strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ridge, "STRENGTHS", (strength,))
    problem = regression(120)
    formula = fit_ridge(problem, Recipe("ridge"))
    features = problem.members[:, :, 0].T
    spread = np.square(features - features.mean(axis=0)).sum() / 3
    mean = features.mean(axis=1)
    reference = Ridge(alpha=strength * spread).fit(features, problem.targets[:, 0] - mean)
    np.testing.assert_allclose(np.ravel(formula.weights), reference.coef_ + 1 / 3, rtol=1e-8)
    np.testing.assert_allclose(formula.intercept, reference.intercept_, atol=1e-10)


def test_the_strength_is_the_best_on_folds_left_out() -> None:
    """Counted anew, without the sums of products that the fit works with."""
    problem = regression(40, (1.0,) * 8, seed=7)
    features, wanted = problem.members[:, :, 0].T, problem.targets[:, 0]

    def error(strength: float) -> float:
        total = 0.0
        for fold in range(3):
            rest = problem.folds != fold
            centred = features[rest] - features[rest].mean(axis=0)
            alpha = strength * np.square(centred).sum() / 8
            mean = features.mean(axis=1)
            model = Ridge(alpha=alpha).fit(features[rest], (wanted - mean)[rest])
            found = model.predict(features[~rest]) + mean[~rest]
            total += float(np.square(found - wanted[~rest]).sum())
        return total

    best = min(ridge.STRENGTHS, key=error)
    assert ridge.STRENGTHS[0] < best < ridge.STRENGTHS[-1] or best == ridge.STRENGTHS[-1]
    formula = fit_ridge(problem, Recipe("ridge"))
    mean = features.mean(axis=1)
    alpha = best * np.square(features - features.mean(axis=0)).sum() / 8
    reference = Ridge(alpha=alpha).fit(features, wanted - mean)
    np.testing.assert_allclose(np.ravel(formula.weights), reference.coef_ + 1 / 8, rtol=1e-6)


def test_a_scale_that_is_off_is_put_right() -> None:
    problem = regression(500, (0.1, 0.1))
    shifted = problem.members * 0.5 + 3
    formula = fit_ridge(replace(problem, members=shifted), Recipe("ridge"))
    np.testing.assert_allclose(formula.apply(shifted), problem.targets, atol=0.5)
    assert sum(formula.shares()) == pytest.approx(2, rel=0.05)


def test_per_class_every_class_is_fitted_by_itself_and_rows_sum_to_one() -> None:
    problem = classification(300)
    formula = fit_ridge(problem, Recipe("ridge", Options(per_class=True)))
    assert len({row[0] for row in formula.weights} & {row[1] for row in formula.weights}) == 0
    found = formula.apply(problem.members)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found >= 0).all()


def test_a_level_far_from_zero_changes_no_weight() -> None:
    problem = regression(120, targets=2)
    far = replace(problem, members=problem.members + 1e8, targets=problem.targets + 1e8)
    expected, found = (fit_ridge(one, Recipe("ridge")) for one in (problem, far))
    np.testing.assert_allclose(found.weights, expected.weights, rtol=1e-5)
    moved = found.apply(far.members) - 1e8
    np.testing.assert_allclose(moved, expected.apply(problem.members), atol=1e-5)
