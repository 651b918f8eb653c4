"""What an ensemble is worth: method by method, member by member, and how many are enough."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import Score
from foldwise.ensembling.cross_fitting import CrossFit, cross_fit
from foldwise.ensembling.ensemble import Blended
from foldwise.ensembling.inference_time import seconds_of
from foldwise.ensembling.leaving_out import (
    Fewer,
    best_few,
    by_weight,
    can_leave_out,
    is_refitted,
    residual_correlations,
    without_each,
)
from foldwise.ensembling.methods.fitting import METHODS
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import (
    LEAST_SQUARES_LIKE,
    Method,
    Recipe,
    check_recipe,
)
from foldwise.errors import UsageError
from foldwise.paths import Project

ALIKE = 1 - 1e-9  # a correlation of residuals that equal members have, but for rounding
ROWS_A_NUMBER = 100  # fewer for each fitted number: an optimism of a hundredth of the score or more


@dataclass(frozen=True)
class MethodLine:
    """One method on the same members.

    Attributes:
        method: its name, with what was added to it.
        honest: on rows that it was not fitted on.
        in_sample: on those it was fitted on.
        optimism: the in-sample value minus the honest one; 0 where nothing is fitted.
    """

    method: str
    honest: Score
    in_sample: float
    optimism: float


@dataclass(frozen=True)
class MemberLine:
    """One member of the ensemble.

    Attributes:
        weight: of the test rows' blend.
        fold_weights: the least and the greatest among the folds' fits.
        score: its own.
        without: the blend of all others; None where it is not known.
        seconds: to predict a thousand texts, all its folds' models; None where not recorded.
    """

    run: str
    weight: float
    fold_weights: tuple[float, float]
    score: Score
    without: Fewer | None
    seconds: float | None


@dataclass(frozen=True)
class Report:
    """All tables of an ensemble.

    Attributes:
        methods: the chosen one first.
        members: in the order given.
        correlations: of the members' residuals, a row a member.
        few: the blends of the best one, two, ... members, all of them last.
        few_seconds: for each of these, seconds to predict a thousand texts; None where unknown.
        enough: how many members are no worse than all by more than one standard error.
        best: their names.
        refitted: whether blends of fewer members have weights of their own.
        warnings: what the reader should know.
    """

    methods: list[MethodLine]
    members: list[MemberLine]
    correlations: list[list[float]]
    few: list[Fewer]
    few_seconds: list[float | None]
    enough: int
    best: list[str]
    refitted: bool
    warnings: list[str]


def report_on(project: Project, made: Blended, *, compare: bool = False) -> Report:
    """The report on an ensemble just made.

    Args:
        project: where its members are.
        made: the ensemble.
        compare: show what every other method would score, too.
    """
    problem, recipe, fit = made.problem, made.recipe, made.fit
    possible = can_leave_out(problem, recipe)
    without = without_each(problem, recipe, fit) if possible else [None] * len(made.members)
    few = best_few(problem, recipe, fit) if possible else []
    order = by_weight(fit.formula, problem)
    names = [made.members[i].name for i in order]
    enough = next((line.members for line in few if line.is_enough), len(names))
    correlations = residual_correlations(problem)
    return Report(
        methods=_methods(problem, recipe, fit, compare),
        members=[_member_line(project, made, i, without[i]) for i in range(len(made.members))],
        correlations=correlations.tolist(),
        few=few,
        few_seconds=[seconds_of(project, names[: line.members]) for line in few],
        enough=enough,
        best=names[:enough],
        refitted=is_refitted(problem, recipe),
        warnings=[*_equal_members(made, correlations), *_noise_fitted(problem, recipe)],
    )


def _methods(problem: Problem, recipe: Recipe, fit: CrossFit, compare: bool) -> list[MethodLine]:
    wanted: list[Method] = ["mean"]
    if compare:
        wanted += [method for method in METHODS if method not in {"mean", "weights"}]
    others = [
        other
        for other in map(Recipe, wanted)
        if described(other) != described(recipe) and _makes_sense(other, problem)
    ]
    return [
        _method_line(described(recipe), problem, fit),
        *(_method_line(described(other), problem, cross_fit(problem, other)) for other in others),
    ]


def _makes_sense(recipe: Recipe, problem: Problem) -> bool:
    try:
        check_recipe(recipe, problem.metric, problem.outputs)
    except UsageError:
        return False
    return True


def _method_line(name: str, problem: Problem, fit: CrossFit) -> MethodLine:
    honest, seen = problem.score(fit.honest), problem.score(fit.in_sample).value
    return MethodLine(name, honest, seen, seen - honest.value)


def described(recipe: Recipe) -> str:
    """The method with what was added to it, such as "nnls, logit, temperature"."""
    options = recipe.options
    parts = [
        "logit" if options.space == "logit" else "",
        "per class" if options.per_class else "",
        "temperature" if options.temperature else "",
        "" if options.decision == "none" else options.decision.replace("_", " "),
    ]
    return ", ".join([recipe.method, *filter(None, parts)])


def _member_line(project: Project, made: Blended, i: int, without: Fewer | None) -> MemberLine:
    by_fold = [weights[i] for weights in made.ensemble.fold_weights]
    weight = made.ensemble.weights[i]
    name = made.members[i].name
    return MemberLine(
        run=name,
        weight=weight,
        fold_weights=(min(by_fold, default=weight), max(by_fold, default=weight)),
        score=made.problem.score(made.problem.members[i]),
        without=without,
        seconds=seconds_of(project, [name]),
    )


def _equal_members(made: Blended, correlations: NDArray[np.float64]) -> list[str]:
    """A warning for each member that predicts what an earlier one does."""
    found, values = [], made.problem.members
    for j, member in enumerate(made.members):
        alike = np.flatnonzero(correlations[j, :j] > ALIKE)
        twin = next((i for i in alike.tolist() if np.array_equal(values[i], values[j])), None)
        if twin is not None:
            found.append(
                f"{member.name} predicts the same as {made.members[twin].name}, and brings nothing "
                f"new: leave one of them out"
            )
    return found


def _noise_fitted(problem: Problem, recipe: Recipe) -> list[str]:
    if recipe.method not in LEAST_SQUARES_LIKE:
        return []
    members, rows = len(problem.members), len(problem.targets)
    wide = problem.outputs if recipe.options.per_class else 1
    numbers = members * wide + problem.outputs
    if rows >= ROWS_A_NUMBER * numbers:
        return []
    return [
        f"{recipe.method} fits {numbers} numbers of either sign on {rows:,} rows; like ordinary "
        f"least squares it fits their noise too, and seems better than it is by about "
        f"{numbers / rows:.1%} of the score. With fewer than {ROWS_A_NUMBER} rows a number, nnls "
        f"and hill are safer"
    ]
