"""The same blend of fewer members: without one, or of the best few.

Honest as the blend itself: which members are best, and their weights, are decided for each fold by
the other folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import paired_error
from foldwise.ensembling.cross_fitting import CrossFit
from foldwise.ensembling.formula import Formula
from foldwise.ensembling.methods.fitting import fit_formula
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import LEAST_SQUARES_LIKE, Method, Recipe

Floats = NDArray[np.float64]

MOST_SECONDS = 60.0  # of all fits of fewer members, by the estimates below and not by a clock:
SECONDS_A_NUMBER = 1e-7  # in the members' rows, of one fit on one core; measured, as those below
SLOWER: MappingProxyType[Method, float] = MappingProxyType({"hill": 7e-7, "logistic": 5e-7})
SORTED = frozenset({"auc", "spearman"})  # metrics that hill climbing sorts all rows for
SECONDS_SORTED = 5e-6
SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 100)


@dataclass(frozen=True)
class Fewer:
    """A blend of fewer members beside that of all.

    Attributes:
        members: how many.
        score: honest.
        worse_by: how much worse than the blend of all; negative: better.
        standard_error: of that difference, on the same rows.
    """

    members: int
    score: float
    worse_by: float
    standard_error: float | None

    @property
    def is_enough(self) -> bool:
        """Whether it is no worse than the blend of all by more than one standard error."""
        return self.worse_by <= (self.standard_error or 0.0)


def is_refitted(problem: Problem, recipe: Recipe) -> bool:
    """Whether weights are fitted anew for fewer members, rather than kept and shared out."""
    return recipe.is_fitted and seconds_to_refit(problem, recipe) <= MOST_SECONDS


def seconds_to_refit(problem: Problem, recipe: Recipe) -> float:
    """About how long it takes to fit the blends of fewer members, all of them in all folds."""
    count = len(problem.members)
    blends = count + sum(size < count for size in SIZES)
    one = SLOWER.get(recipe.method, SECONDS_A_NUMBER)
    if recipe.method == "hill" and problem.metric.name in SORTED:
        one = SECONDS_SORTED
    return one * problem.members.size * blends * len(_numbers(problem))


def can_leave_out(problem: Problem, recipe: Recipe) -> bool:
    """Whether fewer members make a blend: not where weights of either sign cannot be refitted."""
    return is_refitted(problem, recipe) or recipe.method not in LEAST_SQUARES_LIKE


def without_each(problem: Problem, recipe: Recipe, fit: CrossFit) -> list[Fewer | None]:
    """For each member the blend of all others; None where what is left has no weight."""
    members, folds = range(len(problem.members)), _numbers(problem)
    rests = [[i for i in members if i != left_out] for left_out in members]
    whole = _Whole(problem, recipe, fit)
    return [_fewer(whole, dict.fromkeys(folds, rest)) for rest in rests]


def best_few(problem: Problem, recipe: Recipe, fit: CrossFit) -> list[Fewer]:
    """The blends of the one, two, ... members of the greatest weight, up to all of them."""
    count = len(problem.members)
    orders = {
        fold: by_weight(_formula_of(fit, fold), problem.at(problem.folds != fold))
        for fold in _numbers(problem)
    }
    whole = _Whole(problem, recipe, fit)
    fewer = [
        _fewer(whole, {fold: order[:size] for fold, order in orders.items()})
        for size in SIZES
        if size < count
    ]
    everyone = Fewer(count, whole.score, 0.0, 0.0)
    return [*(few for few in fewer if few is not None), everyone]


def by_weight(formula: Formula, known: Problem) -> list[int]:
    """The members in the order of their weights, of equal ones by their scores on known rows."""
    sign = -1 if known.metric.greater_is_better else 1
    shares = formula.shares()

    def place(i: int) -> tuple[float, float]:
        if shares.count(shares[i]) == 1:  # no need of its score, a pass over all rows
            return -shares[i], 0.0
        return -shares[i], sign * known.score(known.members[i]).value

    return sorted(range(len(shares)), key=place)


def _numbers(problem: Problem) -> list[int]:
    return [int(number) for number in np.unique(problem.folds)]


def _formula_of(fit: CrossFit, fold: int) -> Formula:
    return fit.by_fold.get(fold, fit.formula)


class _Whole:
    """The blend of all members, and what every blend of fewer needs of it, worked out once.

    Args:
        problem: what was blended.
        recipe: how.
        fit: the blend.
    """

    def __init__(self, problem: Problem, recipe: Recipe, fit: CrossFit) -> None:
        self.problem, self.recipe, self.fit = problem, recipe, fit
        self.is_refitted = is_refitted(problem, recipe)
        self.score = problem.score(fit.honest).value
        rows = {fold: np.flatnonzero(problem.folds == fold) for fold in _numbers(problem)}
        self.parts = {fold: (mine, problem.members[:, mine]) for fold, mine in rows.items()}

    def without(self, fold: int, members: list[int]) -> Formula | None:
        """The formula of some members, of the other folds' rows; None where they have no weight."""
        if not self.is_refitted:
            return restricted(_formula_of(self.fit, fold), members)
        known = self.problem.of(members).at(self.problem.folds != fold)
        return fit_formula(known, self.recipe)


def _fewer(whole: _Whole, chosen: Mapping[int, list[int]]) -> Fewer | None:
    """The blend of the members chosen for each fold's rows; None where they have no weight."""
    problem, fit = whole.problem, whole.fit
    honest = np.empty_like(fit.honest)
    for fold, members in chosen.items():
        reduced, (mine, values) = whole.without(fold, members), whole.parts[fold]
        if reduced is None:
            return None
        honest[mine] = reduced.apply([values[i] for i in members])
    size = max(len(members) for members in chosen.values())
    value = problem.score(honest).value
    worse = whole.score - value if problem.metric.greater_is_better else value - whole.score
    error = paired_error(problem.metric, problem.targets, honest, fit.honest, problem.groups)
    return Fewer(size, value, worse, error)


def restricted(formula: Formula, members: Sequence[int]) -> Formula | None:
    """The formula of some of its members, whose weights take over the others'; None of nothing."""
    kept = np.array(formula.weights)[list(members)]
    sums, wanted = kept.sum(axis=0), np.array(formula.weights).sum(axis=0)
    if not (sums > 0).all():
        return None
    return replace(
        formula,
        weights=(kept * wanted / sums).tolist(),
        quantiles=[formula.quantiles[i] for i in members] if formula.quantiles else [],
    )


def residual_correlations(problem: Problem) -> Floats:
    """(members, members) correlations of what the members miss, over all rows and outputs.

    A member whose residuals are all equal correlates with none: 0.
    """
    missed = (problem.members - problem.wanted()).reshape(len(problem.members), -1)
    missed -= missed.mean(axis=1, keepdims=True)
    products = missed @ missed.T
    spread = np.sqrt(np.diagonal(products))
    scale = np.outer(spread, spread)
    found = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found.clip(-1, 1))
