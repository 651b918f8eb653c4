import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from foldwise.ensembling.fitting import cross_fit, fit_weights, wanted_outputs

Floats = NDArray[np.float64]


def noisy_members(rows: int, noises: list[float], seed: int = 0) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    targets = random.normal(size=(rows, 1))
    members = np.stack([targets + random.normal(scale=sd, size=(rows, 1)) for sd in noises])
    return members, targets


def test_weights_equal_a_constrained_minimiser_s() -> None:
    members, targets = noisy_members(200, [0.5, 0.7, 2.0], seed=1)

    def squared_error(weights: Floats) -> float:
        return float(np.square(np.einsum("m,mro->ro", weights, members) - targets).sum())

    reference = minimize(
        squared_error,
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        tol=1e-12,
    )
    np.testing.assert_allclose(fit_weights(members, targets), reference.x, atol=1e-4)


def test_independent_members_are_weighed_by_their_precision() -> None:
    members, targets = noisy_members(50_000, [1.0, 2.0])

    # inverse variances 1 and 1/4, so 0.8 and 0.2
    np.testing.assert_allclose(fit_weights(members, targets), [0.8, 0.2], atol=0.01)


def test_a_member_that_is_another_made_worse_gets_nothing() -> None:
    members, targets = noisy_members(400, [0.1, 0.1])
    worse = 2 * members[:1] - targets  # the first member's errors, doubled

    weights = fit_weights(np.concatenate([members, worse]), targets)

    assert weights[2] == 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)


def test_a_fold_s_rows_have_no_say_in_their_own_weights() -> None:
    members, targets = noisy_members(90, [0.5, 0.6], seed=2)
    folds = np.arange(90) % 3
    before = cross_fit(members, targets, folds, "regression")
    spoilt = targets.copy()
    spoilt[folds == 1] = members[1][folds == 1]  # here the second member is perfect

    after = cross_fit(members, spoilt, folds, "regression")

    np.testing.assert_array_equal(after.by_fold[1], before.by_fold[1])
    np.testing.assert_array_equal(after.honest[folds == 1], before.honest[folds == 1])
    assert after.by_fold[0][1] > before.by_fold[0][1]


def test_what_is_fitted_on_noise_is_not_better_honestly() -> None:
    random = np.random.default_rng(3)
    targets = random.normal(size=(60, 1))
    members = random.normal(size=(8, 60, 1))
    fit = cross_fit(members, targets, np.arange(60) % 5, "regression")

    in_sample = np.square(np.einsum("m,mro->ro", fit.weights, members) - targets).mean()
    honest = np.square(fit.honest - targets).mean()
    assert in_sample < honest


def test_probabilities_stay_probabilities() -> None:
    random = np.random.default_rng(4)
    members = random.dirichlet(np.ones(3), size=(2, 30))
    targets = random.integers(0, 3, size=(30, 1)).astype(np.float64)

    fit = cross_fit(members, targets, np.arange(30) % 3, "classification")

    np.testing.assert_allclose(fit.honest.sum(axis=1), 1)
    assert (fit.honest >= 0).all()


def test_the_wanted_outputs_of_a_class_are_one_for_it() -> None:
    wanted = wanted_outputs(np.array([[2.0], [0.0]]), 3, "classification")

    assert wanted.tolist() == [[0, 0, 1], [1, 0, 0]]
