"""Logistic stacking: logarithms of probabilities, weighted so that the log loss is least.

Weights of either sign, alike for all classes or of each class's own, and an intercept a class. The
penalty draws them towards the mean of the members' logarithms, where ridge draws towards the mean.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe
from foldwise.ensembling.spaces import logarithms, softmax

Floats = NDArray[np.float64]
PENALTY = 1.0  # times half the squared distance from the mean, beside the summed log loss
STEPS = 300  # of L-BFGS, at most


def fit_logistic(problem: Problem, recipe: Recipe) -> Formula:
    """A multinomial regression on each class's own logarithms."""
    logs = logarithms(problem.members)
    members, outputs = len(logs), problem.outputs
    wanted = problem.wanted()
    wide = outputs if recipe.options.per_class else 1
    mean = 1 / members

    def loss(numbers: Floats) -> tuple[float, Floats]:
        weights, intercept = _parts(numbers, members, wide)
        total = np.zeros(wanted.shape) + intercept
        for weight, log in zip(weights, logs, strict=True):
            total += weight * log
        probabilities = softmax(total)
        off = probabilities - wanted
        slopes = np.stack([(off * log).sum(axis=0) for log in logs])  # (members, outputs)
        if wide == 1:
            slopes = slopes.sum(axis=1, keepdims=True)
        penalty = PENALTY / 2 * (np.square(weights - mean).sum() + np.square(intercept).sum())
        value = float(penalty - (wanted * logarithms(probabilities)).sum())
        slopes += PENALTY * (weights - mean)
        gradient = np.append(slopes.ravel(), off.sum(axis=0) + PENALTY * intercept)
        return value / len(wanted), gradient / len(wanted)

    start = np.append(np.full(members * wide, mean), np.zeros(outputs))
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    weights, intercept = _parts(found.x, members, wide)
    formula = linear(weights, outputs, space="logit", probabilities=True)
    return replace(formula, intercept=intercept.tolist())


def _parts(numbers: Floats, members: int, wide: int) -> tuple[Floats, Floats]:
    """Weights (members, one or outputs) and the intercept (outputs,)."""
    return numbers[: members * wide].reshape(members, wide), numbers[members * wide :]
