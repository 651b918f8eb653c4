import numpy as np
import pytest
from scipy.optimize import minimize

from foldwise.ensembling.methods.nnls import fit_nnls, fit_pool, fit_weights
from foldwise.ensembling.recipe import Options, Recipe
from foldwise.ensembling.spaces import logarithms, softmax
from tests.ensembling.problems import classification, regression


def test_weights_equal_a_constrained_minimiser_s() -> None:
    problem = regression(200, (0.5, 0.7, 2.0), seed=1)

    def squared_error(weights: np.ndarray) -> float:
        blended = np.einsum("m,mro->ro", weights, problem.members)
        return float(np.square(blended - problem.targets).sum())

    reference = minimize(
        squared_error,
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        tol=1e-12,
    )
    found = fit_weights(problem.members, problem.targets)
    np.testing.assert_allclose(found, reference.x, atol=1e-4)


def test_independent_members_are_weighed_by_their_precision() -> None:
    problem = regression(50_000, (1.0, 2.0))

    # inverse variances 1 and 1/4, so 0.8 and 0.2
    weights = fit_weights(problem.members, problem.targets)
    np.testing.assert_allclose(weights, [0.8, 0.2], atol=0.01)


def test_a_member_that_is_another_made_worse_gets_nothing() -> None:
    problem = regression(400, (0.1, 0.1))
    worse = 2 * problem.members[:1] - problem.targets  # the first member's errors, doubled

    weights = fit_weights(np.concatenate([problem.members, worse]), problem.targets)

    assert weights[2] == 0
    assert weights.sum() == pytest.approx(1, abs=1e-12)


def test_many_rows_are_factorised_block_by_block_to_the_same_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = classification(500)
    whole = fit_weights(problem.members, problem.wanted())
    monkeypatch.setattr("foldwise.ensembling.methods.nnls.BLOCK", 100)
    blocks = fit_weights(problem.members, problem.wanted())
    np.testing.assert_allclose(blocks, whole, rtol=1e-9)


def test_per_class_each_class_has_the_weights_of_its_own_column() -> None:
    problem = classification(300)
    formula = fit_nnls(problem, Recipe("nnls", Options(per_class=True)))
    for label in range(3):
        alone = fit_weights(problem.members[:, :, [label]], problem.wanted()[:, [label]])
        np.testing.assert_allclose(np.array(formula.weights)[:, label], alone)


def test_in_logit_space_no_pool_of_a_grid_has_a_smaller_squared_error() -> None:
    problem = classification(300, (0.8, 1.2))
    logs, wanted = logarithms(problem.members), problem.wanted()

    def error(share: float) -> float:
        return float(np.square(softmax(share * logs[0] + (1 - share) * logs[1]) - wanted).sum())

    found = fit_pool(logs, wanted)
    assert found.sum() == pytest.approx(1)
    assert error(found[0]) <= min(map(error, np.linspace(0, 1, 201))) + 1e-6


def test_a_useless_member_of_a_pool_gets_exactly_nothing() -> None:
    problem = classification(400, (0.5, 0.5))
    upside_down = problem.members[:1, :, ::-1]
    members = np.concatenate([problem.members, upside_down])
    assert fit_pool(logarithms(members), problem.wanted())[2] == 0


@pytest.mark.parametrize("unit", [1e-12, 1e-6, 1e6, 1e12])
def test_the_targets_unit_changes_no_weight(unit: float) -> None:
    problem = regression(200, (0.5, 0.7, 2.0), seed=1)
    expected = fit_weights(problem.members, problem.targets)
    found = fit_weights(unit * problem.members, unit * problem.targets)
    np.testing.assert_allclose(found, expected, atol=1e-6)
