"""Cross-fitting: whatever a blend learns, no row is blended by what was learned from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.formula import Formula
from foldwise.ensembling.methods.fitting import fit_formula
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe
from foldwise.errors import DataError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CrossFit:
    """A blend, and its out-of-fold rows blended by what other folds' rows decided.

    As in every cross-fit, the members' predictions for those other rows come from models that
    learned from this fold's; what that adds is far below the noise of a score.

    Attributes:
        formula: fitted on all rows: what test rows are blended with.
        by_fold: fitted without the fold: what its rows are blended with; empty where nothing is.
        honest: (rows, outputs) each row by the formula of its fold.
        in_sample: (rows, outputs) each row by `formula`; equal to `honest` where nothing is fitted.
    """

    formula: Formula
    by_fold: dict[int, Formula]
    honest: Floats
    in_sample: Floats


def cross_fit(problem: Problem, recipe: Recipe) -> CrossFit:
    """The recipe's blend of a problem, cross-fitted over its folds.

    Raises:
        DataError: something is fitted, and there is one fold only.
    """
    formula = fit_formula(problem, recipe)
    in_sample = formula.apply(problem.members)
    if not recipe.is_fitted:
        return CrossFit(formula, {}, in_sample, in_sample)
    by_fold = formulas_by_fold(problem, recipe)
    return CrossFit(formula, by_fold, applied_by_fold(problem, by_fold), in_sample)


def formulas_by_fold(problem: Problem, recipe: Recipe) -> dict[int, Formula]:
    """For each fold, the formula fitted on the rows of all others.

    Raises:
        DataError: there is one fold only.
    """
    numbers = [int(number) for number in np.unique(problem.folds)]
    if len(numbers) < 2:
        raise DataError(
            f"what is fitted is scored on folds it was not fitted on, and there is one, "
            f"{numbers[0]}; train more folds, or blend by mean"
        )
    return {k: fit_formula(problem.at(problem.folds != k), recipe) for k in numbers}


def applied_by_fold(problem: Problem, by_fold: dict[int, Formula]) -> Floats:
    """(rows, outputs) each row by the formula of its fold."""
    found = np.empty(problem.members.shape[1:])
    for fold, formula in by_fold.items():
        rows = problem.folds == fold
        found[rows] = formula.apply(problem.members[:, rows])
    return found
