"""The rank mean: for metrics of order, and members whose scales differ.

Each value is replaced by its rank in the member's own out-of-fold distribution; the mean rank is
given the value that stands at it in the mean of these distributions, so that it has the target's
unit. A distribution is learned without targets, and still cross-fitted: it works for a single new
text too, which has no rank among others.
"""

from dataclasses import replace

import numpy as np

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe
from foldwise.ensembling.spaces import quantiles_of


def fit_ranks(problem: Problem, _recipe: Recipe) -> Formula:
    """All members' ranks alike."""
    members = len(problem.members)
    equal = linear(
        np.full(members, 1 / members),
        problem.outputs,
        space="rank",
        probabilities=problem.is_classification,
    )
    tables = [[quantiles_of(column).tolist() for column in member.T] for member in problem.members]
    return replace(equal, quantiles=tables)
