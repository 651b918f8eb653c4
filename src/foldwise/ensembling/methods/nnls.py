"""Non-negative least squares: weights from zero up, summing to one, of the least squared error.

Stacked regressions, whose non-negativity is what keeps them from fitting noise:
Breiman (1996), https://doi.org/10.1007/BF00117832
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, nnls

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe
from foldwise.ensembling.spaces import logarithms, softmax

Floats = NDArray[np.float64]
SUM_TO_ONE = 1e4  # how much more the sum of the weights counts than all rows together
TINY = float(np.finfo(np.float64).tiny)
BLOCK = 1 << 16  # numbers of a member factorised at once: memory stays bounded
STEPS = 200  # of the search in logit space, at most
NOTHING = 1e-6  # a weight below it is the search's tolerance, not a member's worth


def fit_nnls(problem: Problem, recipe: Recipe) -> Formula:
    """Weights fitted to the targets, or to one for the true class and zero for the others."""
    wanted, outputs, classes = problem.wanted(), problem.outputs, problem.is_classification
    if recipe.options.space == "logit":
        pooled = fit_pool(logarithms(problem.members), wanted)
        return linear(pooled, outputs, space="logit", probabilities=classes)
    if not recipe.options.per_class:
        return linear(fit_weights(problem.members, wanted), outputs, probabilities=classes)
    columns = [[i] for i in range(outputs)]
    parts = [fit_weights(problem.members[:, :, i], wanted[:, i]) for i in columns]
    return linear(np.column_stack(parts), outputs, probabilities=classes)


def fit_weights(members: Floats, wanted: Floats) -> Floats:
    """(members,) weights, none negative, summing to one, of the least squared error.

    With weights that sum to one the blend's error is the blend of the members' errors; the sum is a
    heavy row of a non-negative least squares. https://doi.org/10.1137/1.9781611971217, chapter 23
    """
    triangle = _triangle(members, wanted)  # the same squares in as many rows as members
    triangle /= max(float(np.abs(triangle).max()), TINY)  # whatever the targets' unit
    system = np.vstack([triangle, np.full(len(members), SUM_TO_ONE)])
    right = np.append(np.zeros(len(triangle)), SUM_TO_ONE)
    weights, _ = nnls(system, right)
    return np.asarray(weights / weights.sum())


def _triangle(members: Floats, wanted: Floats) -> Floats:
    """The triangular factor of the members' errors, block by block of rows."""
    rows = max(1, BLOCK // members.shape[2])
    triangle = np.empty((0, len(members)))
    for start in range(0, len(wanted), rows):
        block = members[:, start : start + rows] - wanted[start : start + rows]
        stacked = np.vstack([triangle, block.reshape(len(members), -1).T])
        triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
    return triangle


def fit_pool(logs: Floats, wanted: Floats) -> Floats:
    """(members,) weights as of `fit_weights`, of a logarithmic pool of probabilities.

    Probabilities of a pool are no linear function of its weights, so that a search takes the place
    of the factorisation. It minimises the same squared error, between probabilities and one-hot
    labels: Genest & Zidek (1986), https://doi.org/10.1214/ss/1177013825

    Args:
        logs: (members, rows, labels) logarithms of probabilities.
        wanted: (rows, labels) 1 for the true one.
    """
    members, rows = len(logs), len(wanted)

    def error(weights: Floats) -> tuple[float, Floats]:
        pooled = softmax(sum(w * log for w, log in zip(weights, logs, strict=True)))
        off = pooled - wanted
        inner = (pooled * off).sum(axis=1, keepdims=True)
        slope = 2 * pooled * (off - inner)
        gradient = np.array([float((slope * log).sum()) for log in logs])
        return float(np.square(off).sum()) / rows, gradient / rows

    found = minimize(
        error,
        np.full(members, 1 / members),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * members,
        constraints={
            "type": "eq",
            "fun": lambda weights: weights.sum() - 1,
            "jac": np.ones_like,
        },
        options={"maxiter": STEPS, "ftol": 1e-12},
    )
    weights = np.where(found.x < NOTHING, 0.0, found.x)
    return np.asarray(weights / weights.sum())
