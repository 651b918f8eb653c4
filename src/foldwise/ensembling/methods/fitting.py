"""The methods by name: a formula for a problem."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from foldwise.ensembling.adjusting.cut_points import fit_cut_points
from foldwise.ensembling.adjusting.temperature import fit_temperature
from foldwise.ensembling.adjusting.thresholds import fit_factors
from foldwise.ensembling.formula import Formula
from foldwise.ensembling.methods.hill import fit_hill
from foldwise.ensembling.methods.logistic import fit_logistic
from foldwise.ensembling.methods.mean import take_mean, take_weights
from foldwise.ensembling.methods.nnls import fit_nnls
from foldwise.ensembling.methods.ranks import fit_ranks
from foldwise.ensembling.methods.ridge import fit_ridge
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Method, Recipe

Fit = Callable[[Problem, Recipe], Formula]

METHODS: MappingProxyType[Method, Fit] = MappingProxyType(
    {
        "mean": take_mean,
        "weights": take_weights,
        "rank": fit_ranks,
        "nnls": fit_nnls,
        "hill": fit_hill,
        "ridge": fit_ridge,
        "logistic": fit_logistic,
    }
)


def fit_formula(problem: Problem, recipe: Recipe) -> Formula:
    """The blend that a recipe makes of a problem, with its temperature and decisions.

    These are fitted on the same rows as the weights, in the order in which they are applied.
    """
    formula = METHODS[recipe.method](problem, recipe)
    options = recipe.options
    if not options.temperature and options.decision == "none":
        return formula
    truth = problem.targets[:, 0].astype(np.int64)
    blended = formula.blended(problem.members)
    if options.temperature:
        formula = replace(formula, temperature=fit_temperature(blended, truth))
        blended = formula.adjusted(blended)
    if options.decision == "thresholds":
        return replace(formula, factors=fit_factors(blended, truth, problem.metric.name))
    if options.decision == "cut_points":
        return replace(formula, cut_points=fit_cut_points(blended, truth, problem.metric.name))
    return formula
