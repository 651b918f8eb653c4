"""What a study tried, what mattered, and the rates of its best trials."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foldwise.errors import StorageError, counted
from foldwise.reporting.palette import BLUE, INK, MUTED, SERIES, VERMILLION
from foldwise.reporting.plot import Plot
from foldwise.reporting.section import Block, Table
from foldwise.tuning.curves import RateCurves
from foldwise.tuning.names import MARK, RESULT
from foldwise.tuning.page import columns_of, remarks, row_of, title_of
from foldwise.tuning.parallel import axes_of
from foldwise.tuning.record import RecordedStudy, read_study
from foldwise.tuning.result import SHOWN, TuningResult
from foldwise.tuning.trials import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_RANGE = 22
PALEST = 0.12  # of the worst trial's line


def tuning_block(folder: Path) -> Block:
    """The page of the study in `folder`; why there is none where it is young, or damaged."""
    name = folder.name
    if not (folder / RESULT).is_file():
        return Block(name, sentences=["No trial has been written down yet."])
    try:
        study = read_study(folder)
    except StorageError as error:
        return Block(name, sentences=[f"The study cannot be read: {error}"])
    result = study.result
    sentences = [f"{line[0].upper()}{line[1:]}." for line in [title_of(result), *remarks(result)]]
    if not result.ranked():
        return Block(name, sentences=sentences)
    if not study.importances:
        sentences.append(
            "Too few trials have finished to say which range mattered, or the study was written "
            "before that was kept: tune on, and it is."
        )
    return Block(name, sentences=sentences, plots=_plots(study), tables=[_best(result)])


def why_nothing_to_report(folder: Path) -> str:
    """Why a report on the study in `folder` would be blank; empty: it would not.

    Raises:
        StorageError: it is damaged.
    """
    found = "none was written down yet"
    if (folder / RESULT).is_file():
        result = read_study(folder).result
        if result.ranked():
            return ""
        found = remarks(result)[0]
    return (
        f"a report on a study needs a finished trial, and {folder.name!r} has none: {found}; go on "
        f"with the command that began it: foldwise tune EXPERIMENT --name "
        f"{folder.name.removesuffix(MARK)}"
    )


def _best(result: TuningResult) -> Table:
    columns = columns_of(result)
    rows = [row_of(result, trial) for trial in result.ranked()[:SHOWN]]
    return Table(f"The best {len(rows)}", columns, [True] * len(columns), rows)


def _plots(study: RecordedStudy) -> list[Plot]:
    result = study.result
    plots = [_history(result)]
    if study.importances:
        plots.append(_importances(result, study.importances))
    if len(result.ranked()) > 1 and len(result.ranges) > 1:
        plots.append(_parallel(result))
    if study.curves is not None and study.curves.rates:
        plots.append(_rates(result, study.curves))
    return plots


def _history(result: TuningResult) -> Plot:
    finished = result.of_state("finished")
    best = result.ranked()[0]
    return Plot(
        name=f"{result.name}-history",
        title="Trials",
        alt=f"{counted(len(finished), 'finished trial')}; the best is trial {best.number} with "
        f"{result.metric} {best.outcome.score:.4f}.",
        draw=lambda axes: _draw_history(axes, result, finished),
        caption="Scores with one standard error; the line is the best so far. Crosses: pruned or "
        "failed, no score.",
    )


def _draw_history(axes: "Axes", result: TuningResult, finished: Sequence[Trial]) -> None:
    numbers = [trial.number for trial in finished]
    scores = [trial.outcome.score or 0.0 for trial in finished]
    errors = [trial.outcome.standard_error or 0.0 for trial in finished]
    axes.errorbar(numbers, scores, yerr=errors, fmt="o", color=BLUE, elinewidth=0.8, markersize=4)
    better, best = (max if result.greater_is_better else min), list[float]()
    for value in scores:
        best.append(better([*best[-1:], value]))
    axes.step(numbers, best, where="post", color=INK, linewidth=1.2)
    edge = axes.get_ylim()[0 if result.greater_is_better else 1]
    gone = [t.number for state in ("pruned", "failed") for t in result.of_state(state)]
    axes.plot(gone, [edge] * len(gone), "x", color=VERMILLION, markersize=6, clip_on=False)
    axes.set_xlabel("trial")
    way = "higher" if result.greater_is_better else "lower"
    axes.set_ylabel(f"{result.metric}, {way} is better")
    axes.locator_params(axis="x", integer=True, nbins=6)


def _importances(result: TuningResult, importances: dict[str, float]) -> Plot:
    names, shares = list(importances), list(importances.values())

    def draw(axes: "Axes") -> None:
        axes.barh(range(len(names)), shares, color=BLUE, height=0.6)
        axes.set_yticks(range(len(names)), labels=[_short(name) for name in names])
        for row, share in enumerate(shares):
            axes.text(share, row, f" {share:.2f}", va="center", fontsize=9)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.2 * max(shares))
        axes.grid(visible=False)
        axes.set_xlabel("share of the scores' variance (fANOVA)")

    return Plot(
        name=f"{result.name}-importances",
        title="What mattered",
        alt="; ".join(f"{name} {share:.2f}" for name, share in importances.items()),
        draw=draw,
        height=max(180.0, 70.0 + 24.0 * len(names)),
    )


def _parallel(result: TuningResult) -> Plot:
    ranked = result.ranked()
    return Plot(
        name=f"{result.name}-parallel",
        title="Values of all trials",
        alt=f"One row a range, from its least value to its greatest; the best trial has "
        f"{result.values_shown(ranked[0])}.",
        draw=lambda axes: _draw_parallel(axes, result, ranked),
        height=max(220.0, 60.0 + 34.0 * len(result.ranges)),
        caption="A line a trial: the best one is orange, others the paler, the worse they are.",
    )


def _draw_parallel(axes: "Axes", result: TuningResult, ranked: Sequence[Trial]) -> None:
    """Parallel coordinates, turned: axes lie below each other, where names have room."""
    shown = [result.values_shown(trial) for trial in ranked]
    own = axes_of(result)
    rows = range(len(own))
    for rank in reversed(range(len(ranked))):
        heights = [axis.height(shown[rank][axis.name]) for axis in own]
        worse = rank / max(1, len(ranked) - 1)
        axes.plot(
            heights, rows, marker="o", markersize=3 if rank else 6,
            color=BLUE if rank else VERMILLION, linewidth=1.0 if rank else 2.2,
            alpha=1 - (1 - PALEST) * worse,
        )  # fmt: skip
    for row, axis in enumerate(own):
        axes.axhline(row, color=MUTED, linewidth=0.6)
        ends = (axis.choices[0], axis.choices[-1]) if axis.choices else (axis.low, axis.high)
        for at, end, side in ((0.0, ends[0], "left"), (1.0, ends[1], "right")):
            text = end if isinstance(end, str) else f"{end:.3g}"
            axes.text(at, row - 0.14, text, ha=side, va="bottom", fontsize=8.5, color=MUTED)
    axes.set_yticks(rows, labels=[_short(axis.label) for axis in own])
    axes.set_ylim(len(own) - 0.6, -0.6)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_RANGE else f"…{name[-LONGEST_RANGE + 1 :]}"


def _rates(result: TuningResult, curves: RateCurves) -> Plot:
    best = next(iter(curves.rates.values()))
    told = ", ".join(f"{g} {rate:.2g}" for g, rate in zip(curves.groups, best, strict=True))
    return Plot(
        name=f"{result.name}-rates",
        title=f"Rates of the best {len(curves.rates)}",
        alt=f"Peak rate of each layer group; of the best trial: {told}.",
        draw=lambda axes: _draw_rates(axes, curves),
        height=max(220.0, 70.0 + 18.0 * len(curves.groups)),
        caption="A line a trial: the best one is orange. Frozen groups leave a gap.",
    )


def _draw_rates(axes: "Axes", curves: RateCurves) -> None:
    count = len(curves.rates)
    rows = range(len(curves.groups))
    for rank, rates in reversed(list(enumerate(curves.rates.values()))):
        shown = [rate if rate > 0 else float("nan") for rate in rates]
        axes.plot(
            shown, rows, marker="o", markersize=5 if rank == 0 else 3,
            color=VERMILLION if rank == 0 else SERIES[0], linewidth=2.2 if rank == 0 else 1.0,
            alpha=1.0 if rank == 0 else 0.9 - 0.6 * rank / count,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda rate, _at: f"{rate:.0e}")
    axes.set_yticks(rows, labels=curves.groups)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("peak learning rate")
