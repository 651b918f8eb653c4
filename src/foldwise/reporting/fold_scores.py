"""The score of each fold with its noise, and whether folds differ by more than luck."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from foldwise.competition.metrics import Score, score
from foldwise.errors import DataError, counted
from foldwise.reporting.figures import direction, figure
from foldwise.reporting.palette import BLUE, INK, MUTED
from foldwise.reporting.plot import Plot
from foldwise.reporting.reported_run import ReportedRun
from foldwise.reporting.section import Block

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURE = 0.05  # a spread that chance makes less often is called more than chance


class FoldScore(NamedTuple):
    """One fold's score, of so many independent draws: groups, or rows where there are none."""

    fold: int
    score: Score
    draws: int


def fold_scores(run: ReportedRun) -> list[FoldScore]:
    """The score of each fold's rows; without folds on whose rows the metric is undefined."""
    found = []
    groups = run.loaded.train.groups
    for fold in sorted(set(run.folds.tolist())):
        at = (run.folds == fold).nonzero()[0]
        own = None if groups is None else [groups[i] for i in at]
        try:
            scored = score(run.metric, run.targets[at], run.oof.values[at], own)
        except DataError:  # a correlation of equal targets, say
            continue
        found.append(FoldScore(fold, scored, len(at) if own is None else len(set(own))))
    return found


def chance_of_spread(folds: Sequence[FoldScore]) -> float | None:
    """How often folds differ at least so much where nothing but their rows' luck makes them.

    Welch's F: the squared distances from the weighted mean in standard errors, which are themselves
    known the less, the fewer draws a fold has: https://doi.org/10.1093/biomet/38.3-4.330. None
    where there are fewer than two folds, or the noise of one is not known.
    """
    from scipy.special import fdtrc

    count = len(folds)
    if count < 2 or not all(of.score.standard_error and of.draws > 1 for of in folds):
        return None
    values, errors = np.array([(of.score.value, of.score.standard_error) for of in folds]).T
    draws = np.array([of.draws for of in folds])
    weights = errors**-2 / (errors**-2).sum()
    between = ((values - weights @ values) ** 2 / errors**2).sum() / (count - 1)
    unsure = ((1 - weights) ** 2 / (draws - 1)).sum()
    squares = count**2 - 1
    f = between / (1 + 2 * (count - 2) / squares * unsure)
    chance = float(fdtrc(count - 1, squares / (3 * unsure), f))
    return chance if math.isfinite(chance) else None


def folds_block(run: ReportedRun) -> Block:
    """The folds as dots with their noise, and what their spread means."""
    found = fold_scores(run)
    if not found:
        told = f"{run.metric.name} is undefined on every fold's rows, so no fold has a score."
        return Block(run.name, sentences=[told])
    return Block(run.name, sentences=_sentences(run, found), plots=[_picture(run, found)])


def _sentences(run: ReportedRun, found: list[FoldScore]) -> list[str]:
    chance = chance_of_spread(found)
    lines = []
    if chance is not None:
        spread = f"The luck of rows alone makes folds differ at least so much {_how_often(chance)}"
        lines.append(
            f"Folds differ by more than chance. {spread}: some are harder, or models differ."
            if chance < SURE
            else f"Folds differ no more than chance makes them. {spread}."
        )
    missing = len(set(run.folds.tolist())) - len(found)
    if missing:
        lines.append(
            f"{counted(missing, 'fold is', 'folds are')} not shown: the metric is undefined there."
        )
    return lines


def _how_often(chance: float) -> str:
    return "in less than 1 % of cases" if chance < 0.01 else f"in {100 * chance:.0f} % of cases"


def _picture(run: ReportedRun, found: list[FoldScore]) -> Plot:
    own = run.scores.scores[run.metric.name]
    told = "; ".join(f"fold {of.fold} {of.score}" for of in found)
    return Plot(
        name=f"{run.name}-folds",
        title="Folds",
        alt=f"{direction(run.metric)}. {told}. All rows: {figure(own.value, own.standard_error)}.",
        draw=lambda axes: _draw(axes, run, found),
        caption="Bars: one standard error of a fold. Line and band: all rows, one standard error.",
    )


def _draw(axes: "Axes", run: ReportedRun, found: list[FoldScore]) -> None:
    own = run.scores.scores[run.metric.name]
    axes.axhline(own.value, color=INK, linewidth=1.2)
    if own.standard_error is not None:
        half = own.standard_error
        axes.axhspan(own.value - half, own.value + half, color=MUTED, alpha=0.18, linewidth=0)
    axes.errorbar(
        range(len(found)),
        [of.score.value for of in found],
        yerr=[of.score.standard_error or 0.0 for of in found],
        fmt="o", color=BLUE, markersize=7, elinewidth=1.6,
    )  # fmt: skip
    axes.set_xticks(range(len(found)), labels=[str(of.fold) for of in found])
    axes.set_xlim(-0.6, len(found) - 0.4)
    axes.set_xlabel("fold")
    axes.set_ylabel(direction(run.metric))
