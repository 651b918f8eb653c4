import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.methods.fitting import fit_formula
from foldwise.ensembling.recipe import Options, Recipe
from tests.ensembling.problems import classification, regression


def test_a_weighted_mean_is_numpys() -> None:
    members = classification().members
    found = linear(np.array([0.5, 0.3, 0.2]), 3, probabilities=True).apply(members)
    expected = np.average(members, axis=0, weights=[0.5, 0.3, 0.2])
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_the_mean_in_logit_space_is_the_geometric_mean() -> None:
    members = classification().members
    formula = linear(np.full(3, 1 / 3), 3, space="logit", probabilities=True)
    product = np.prod(members, axis=0) ** (1 / 3)
    np.testing.assert_allclose(formula.apply(members), product / product.sum(axis=1)[:, None])


def test_each_output_may_have_weights_of_its_own() -> None:
    members = regression(targets=2).members
    weights = np.array([[1.0, 0.0], [0.0, 0.5], [0.0, 0.5]])
    found = linear(weights, 2, probabilities=False).apply(members)
    expected = [members[0][:, 0], members[1:, :, 1].mean(axis=0)]
    np.testing.assert_allclose(found, np.column_stack(expected))


def test_weights_of_each_class_leave_probabilities() -> None:
    members = classification().members
    weights = np.array([[2.0, 0.0, 0.5], [0.0, 1.0, -0.5], [0.1, 0.2, 0.3]])
    found = replace(linear(weights, 3, probabilities=True), intercept=[0.1, 0, 0]).apply(members)
    assert (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_members_of_another_number_are_a_bug() -> None:
    with pytest.raises(ValueError, match="a formula of 3 members and 3 outputs, got"):
        linear(np.full(3, 1 / 3), 3, probabilities=True).apply(np.ones((2, 5, 3)))


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe("rank"),
        Recipe("hill", Options(space="logit", temperature=True)),
        Recipe("nnls", Options(per_class=True, decision="thresholds")),
        Recipe("logistic", Options(decision="cut_points")),
    ],
)
def test_a_formula_written_as_json_blends_to_the_same_bits(recipe: Recipe) -> None:
    problem = classification(labels=2 if recipe.method == "rank" else 3)
    formula = fit_formula(problem, recipe)
    again = Formula(**json.loads(json.dumps(asdict(formula))))
    assert again == formula
    np.testing.assert_array_equal(again.apply(problem.members), formula.apply(problem.members))


@pytest.mark.parametrize("space", ["plain", "logit"])
def test_a_row_is_blended_alike_alone_and_among_others(space: str) -> None:
    problem = classification()
    options = Options(space="logit" if space == "logit" else "probability", temperature=True)
    formula = fit_formula(problem, Recipe("hill", options))
    together = formula.apply(problem.members)
    alone = [formula.apply(problem.members[:, [i]])[0] for i in range(10)]
    np.testing.assert_array_equal(together[:10], alone)
