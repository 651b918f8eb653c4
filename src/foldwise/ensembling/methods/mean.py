"""The mean, and weights given by hand: nothing is learned from the rows."""

import numpy as np

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe


def take_mean(problem: Problem, recipe: Recipe) -> Formula:
    """All members alike; in logit space the normalised geometric mean."""
    members = len(problem.members)
    return _of_shares(problem, recipe, [1 / members] * members)


def take_weights(problem: Problem, recipe: Recipe) -> Formula:
    """The members by the recipe's shares."""
    return _of_shares(problem, recipe, recipe.shares)


def _of_shares(
    problem: Problem, recipe: Recipe, shares: "list[float] | tuple[float, ...]"
) -> Formula:
    return linear(
        np.array(shares),
        problem.outputs,
        space="logit" if recipe.options.space == "logit" else "plain",
        probabilities=problem.is_classification,
    )
