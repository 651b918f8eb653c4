"""Training and validation curves, as the journals of the folds tell them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.reporting.figures import direction
from foldwise.reporting.palette import look_of
from foldwise.reporting.plot import Plot
from foldwise.reporting.reported_run import ReportedRun
from foldwise.reporting.section import Block
from foldwise.storage import read_record
from foldwise.training.fold_result import RESULT, FoldResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_IN_LEGEND = 10


@dataclass(frozen=True)
class CurvePoint:
    """A number at a step of the training."""

    step: int
    value: float


@dataclass(frozen=True)
class FoldCurves:
    """What one fold's journal tells of its last attempt.

    Attributes:
        losses: of training, each the mean over the steps since the one before.
        scores: of the validation rows, by evaluation.
        rates: by evaluation, of each layer group that learned then, in the step to come.
        kept: the step whose weights predict; 0: not told.
        collapses: attempts before, whose curves are not shown.
        training_rows: the model learned from.
    """

    fold: int
    losses: Sequence[CurvePoint]
    scores: Sequence[CurvePoint]
    rates: dict[int, dict[str, float]]
    kept: int
    collapses: int
    training_rows: int


def fold_curves(run: Path, fold: int) -> FoldCurves | None:
    """The curves of one fold; None where nothing is learned step by step, or no journal is there.

    A fold that was killed evaluates some steps again; the later record counts.

    Raises:
        StorageError: the fold's result is damaged.
    """
    folder = run / f"fold-{fold}"
    if not (folder / RESULT).is_file():
        return None
    result = read_record(folder / RESULT, FoldResult)
    looks: dict[int, dict[str, object]] = {}
    for event in Journal(folder / JOURNAL).events():
        if event["event"] == "collapsed":
            looks.clear()
        elif event["event"] == "resumed":
            looks = {step: of for step, of in looks.items() if step <= event["step"]}
        elif event["event"] == "look":
            looks[event["step"]] = event
    return _curves(fold, result, looks) if looks else None


def _curves(fold: int, result: FoldResult, looks: dict[int, dict[str, object]]) -> FoldCurves:
    ordered = sorted(looks.items())
    losses = [point for step, look in ordered for point in _losses(step, look)]
    scores = [CurvePoint(step, _number(look["score"])) for step, look in ordered]
    rates = {step: of for step, look in ordered if isinstance(of := look.get("rates"), dict)}
    kept, collapses = (int(result.facts.get(name, 0)) for name in ("kept_step", "collapses"))
    return FoldCurves(fold, losses, scores, rates, kept, collapses, result.training_rows)


def _losses(step: int, look: dict[str, object]) -> list[CurvePoint]:
    """The losses since the evaluation before; in older journals there is one, their mean."""
    finer = look.get("losses")
    if isinstance(finer, list):
        return [CurvePoint(int(at), float(loss)) for at, loss in finer]
    return [CurvePoint(step, _number(look["loss"]))]


def _number(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise ValueError(f"a journal's numbers are numbers, got {value!r}")


def all_curves(run: ReportedRun) -> list[FoldCurves]:
    """The curves of all folds that have some."""
    folds = range(len(run.scores.looks))
    return [found for fold in folds if (found := fold_curves(run.folder, fold)) is not None]


def curves_block(run: ReportedRun, curves: Sequence[FoldCurves]) -> Block:
    """Training loss and validation score by step, a line a fold."""
    if not curves:
        return Block(run.name, sentences=[_why_none(run)])
    sentences = []
    collapsed = [of.fold for of in curves if of.collapses]
    if collapsed:
        shown = ", ".join(map(str, collapsed))
        sentences.append(f"Folds {shown} collapsed and began anew; the last attempt is shown.")
    return Block(run.name, sentences=sentences, plots=[_loss(run, curves), _score(run, curves)])


def _why_none(run: ReportedRun) -> str:
    if run.scores.kind == "ensemble":
        return "An ensemble is not trained; its members' own reports show their curves."
    if run.scores.kind == "tfidf":
        return "TF-IDF with a linear model is fitted at once, not step by step: it has no curves."
    return "The folds' journals are not in the run's folder, so there are no curves."


def _loss(run: ReportedRun, curves: Sequence[FoldCurves]) -> Plot:
    told = "; ".join(
        f"fold {of.fold} from {of.losses[0].value:.3g} to {of.losses[-1].value:.3g}"
        for of in curves
    )
    lines = {of.fold: of.losses for of in curves}
    return Plot(
        name=f"{run.name}-training-loss",
        title="Training loss",
        alt=f"The loss over the steps, a line a fold: {told}.",
        draw=lambda axes: _draw(axes, lines, {}, "training loss"),
        caption="Each point is a mean over the steps since the one before it.",
    )


def _score(run: ReportedRun, curves: Sequence[FoldCurves]) -> Plot:
    ends = ", ".join(f"fold {of.fold} {of.scores[-1].value:.4f}" for of in curves)
    lines, kept = {of.fold: of.scores for of in curves}, {of.fold: of.kept for of in curves}
    return Plot(
        name=f"{run.name}-validation",
        title="Validation score",
        alt=f"{direction(run.metric)}, a line a fold; at the last evaluation: {ends}.",
        draw=lambda axes: _draw(axes, lines, kept, direction(run.metric)),
        caption="A ring marks the evaluation whose weights predict the test rows.",
    )


def _draw(
    axes: "Axes", lines: dict[int, Sequence[CurvePoint]], kept: dict[int, int], label: str
) -> None:
    for number, (fold, points) in enumerate(lines.items()):
        look = look_of(number)
        axes.plot(
            [point.step for point in points], [point.value for point in points],
            color=look.colour, linestyle=look.line, label=f"fold {fold}",
            marker=look.marker, markersize=4 if len(points) <= 12 else 0,
        )  # fmt: skip
        at = [point for point in points if point.step == kept.get(fold)]
        axes.plot(
            [point.step for point in at], [point.value for point in at], "o",
            markersize=11, markerfacecolor="none", color=look.colour,
        )  # fmt: skip
    axes.set_xlabel("step")
    axes.set_ylabel(label)
    axes.locator_params(axis="x", nbins=6)
    if len(lines) <= MOST_IN_LEGEND:
        axes.legend(ncols=2)
