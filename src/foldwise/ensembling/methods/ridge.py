"""Ridge stacking: weights of either sign and an intercept, shrunk towards the plain mean.

Towards the mean and not towards zero: with much noise the blend becomes the mean, not nothing. How
strongly is chosen by leaving out one fold after the other, of those it is fitted on.
Hoerl & Kennard (1970): https://doi.org/10.1080/00401706.1970.10488634
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.formula import Formula, linear
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.recipe import Recipe

Floats = NDArray[np.float64]
STRENGTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # in units of a member's variance
USUAL = 1e-3  # the strength where there is but one fold to fit on


def fit_ridge(problem: Problem, recipe: Recipe) -> Formula:
    """Weights alike for all outputs or, per class, of each output's own."""
    outputs = range(problem.outputs)
    parts = [list(outputs)] if not recipe.options.per_class else [[i] for i in outputs]
    fits = [_fitted(problem, part) for part in parts]
    weights = np.column_stack([fit.weights for fit in fits])
    formula = linear(weights, problem.outputs, probabilities=problem.is_classification)
    intercept = np.concatenate([fit.intercept for fit in fits])
    return replace(formula, intercept=intercept.tolist())


@dataclass(frozen=True, eq=False)
class _Line:
    """Weights (members,) and an intercept for each output."""

    weights: Floats
    intercept: Floats


@dataclass(frozen=True, eq=False)
class _Moments:
    """Sums over rows, for each output: all that a least-squares fit needs of them.

    Attributes:
        rows: how many.
        of_members: (outputs, members) sums of predictions.
        of_wanted: (outputs,) sums of what is wanted.
        products: (outputs, members, members) sums of products of predictions.
        crossed: (outputs, members) sums of predictions times what is wanted.
        squares: (outputs,) sums of squares of what is wanted.
    """

    rows: int
    of_members: Floats
    of_wanted: Floats
    products: Floats
    crossed: Floats
    squares: Floats

    @classmethod
    def of(cls, members: Floats, wanted: Floats) -> "_Moments":
        by_output = members.transpose(2, 0, 1)  # (outputs, members, rows)
        return cls(
            len(wanted),
            by_output.sum(axis=2),
            wanted.sum(axis=0),
            np.stack([x @ x.T for x in by_output]),
            np.stack([x @ y for x, y in zip(by_output, wanted.T, strict=True)]),
            np.square(wanted).sum(axis=0),
        )

    @classmethod
    def total(cls, parts: Sequence["_Moments"]) -> "_Moments":
        return cls(
            sum(part.rows for part in parts),
            np.sum([part.of_members for part in parts], axis=0),
            np.sum([part.of_wanted for part in parts], axis=0),
            np.sum([part.products for part in parts], axis=0),
            np.sum([part.crossed for part in parts], axis=0),
            np.sum([part.squares for part in parts], axis=0),
        )

    def line(self, strength: float) -> _Line:
        """The fit of least squares and penalty, around each output's means."""
        centres, level = self.of_members / self.rows, self.of_wanted / self.rows
        products = self.products - self.rows * centres[:, :, None] * centres[:, None, :]
        crossed = self.crossed - self.rows * centres * level[:, None]
        together, sought = products.sum(axis=0), crossed.sum(axis=0)
        members = len(together)
        mean = np.full(members, 1 / members)
        scale = max(float(np.trace(together)) / members, np.finfo(np.float64).tiny)
        penalised = together + strength * scale * np.eye(members)
        change = np.linalg.lstsq(penalised, sought - together @ mean, rcond=None)[0]
        weights = mean + change
        return _Line(weights, level - centres @ weights)

    def error(self, line: _Line) -> float:
        """The sum of squared errors of a line on these rows, over all outputs."""
        w, b = line.weights, line.intercept
        inside = np.einsum("m,omk,k->o", w, self.products, w) + self.squares + self.rows * b**2
        between = -self.crossed @ w - b * self.of_wanted + b * (self.of_members @ w)
        return float((inside + 2 * between).sum())


def _fitted(problem: Problem, outputs: list[int]) -> _Line:
    wanted = problem.wanted()[:, outputs]
    level = wanted.mean(axis=0)  # taken off first: squares of a large one would drown the rest
    parts = [
        _Moments.of(problem.members[:, at][:, :, outputs] - level, wanted[at] - level)
        for at in (problem.folds == fold for fold in np.unique(problem.folds))
    ]
    line = _Moments.total(parts).line(_strength(parts))
    return replace(line, intercept=line.intercept + level * (1 - line.weights.sum()))


def _strength(parts: Sequence[_Moments]) -> float:
    """The strength of the least error on each fold by the line of the others."""
    if len(parts) < 2:
        return USUAL

    def error(strength: float) -> float:
        rest = [_Moments.total([p for p in parts if p is not out]) for out in parts]
        lines = [moments.line(strength) for moments in rest]
        return sum(part.error(line) for part, line in zip(parts, lines, strict=True))

    return min(STRENGTHS, key=error)
