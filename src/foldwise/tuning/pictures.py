"""A study in four pictures, in colours and shapes that everyone can tell apart."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from foldwise.errors import counted
from foldwise.storage import write_atomically
from foldwise.tuning.curves import RateCurves
from foldwise.tuning.parallel import draw_parallel
from foldwise.tuning.result import TuningResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (9.0, 4.5)
DOTS_AN_INCH = 150
# Okabe and Ito's: https://jfly.uni-koeln.de/color/
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#8A8A8A"
MARKERS = "os^Dv<>ph*"

Draw = Callable[["Axes"], None]


def write_pictures(
    folder: Path,
    result: TuningResult,
    importances: Mapping[str, float],
    curves: RateCurves | None,
) -> list[str]:
    """The names of the pictures written; one for which there is too little is not drawn.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        StorageError: the disk is full.
    """
    drawings: dict[str, Draw] = {}
    if result.ranked():
        drawings["history.png"] = lambda axes: _draw_history(axes, result)
    if importances:
        drawings["importances.png"] = lambda axes: _draw_importances(axes, importances)
    if len(result.ranked()) > 1 and len(result.ranges) > 1:
        drawings["parallel.png"] = lambda axes: draw_parallel(axes, result)
    if curves is not None and curves.rates:
        drawings["rates.png"] = lambda axes: _draw_rates(axes, result, curves)
    for name, draw in drawings.items():
        _write(folder / name, draw)
    return list(drawings)


def _write(path: Path, draw: Draw) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DOTS_AN_INCH, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, and without pyplot's global state
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    # no version inside: the same study gives the same bytes
    write_atomically(
        path, lambda aside: figure.savefig(aside, format="png", metadata={"Software": None})
    )


def _draw_history(axes: "Axes", result: TuningResult) -> None:
    """Scores in the order of the trials; those without a score as ticks at the border."""
    finished = result.of_state("finished")
    numbers = [trial.number for trial in finished]
    scores = [trial.outcome.score or 0.0 for trial in finished]
    errors = [trial.outcome.standard_error or 0.0 for trial in finished]
    axes.errorbar(
        numbers, scores, yerr=errors, fmt="o", color=BLUE, ecolor="#B9D6EA", label="finished"
    )
    best: list[float] = []
    for value in scores:
        better = max if result.greater_is_better else min
        best.append(better([*best[-1:], value]))
    axes.step(numbers, best, where="post", color="black", linewidth=1.2, label="best so far")
    edge = axes.get_ylim()[0 if result.greater_is_better else 1]
    for state, marker, colour in (("pruned", "|", GREY), ("failed", "x", VERMILLION)):
        at = [trial.number for trial in result.of_state(state)]
        if at:
            axes.plot(
                at, [edge] * len(at), marker, color=colour, markersize=9,
                label=f"{state}, no score", clip_on=False,
            )  # fmt: skip
    axes.set_xlabel("trial")
    way = "higher" if result.greater_is_better else "lower"
    axes.set_ylabel(f"OOF {result.metric}, {way} is better")
    axes.set_title(f"{result.name}: scores with one standard error", loc="left", fontsize=11)
    axes.legend(frameon=False, loc="best", fontsize=9)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_importances(axes: "Axes", importances: Mapping[str, float]) -> None:
    names = list(importances)[::-1]
    shares = [importances[name] for name in names]
    axes.barh(range(len(names)), shares, color=BLUE, height=0.6)
    axes.set_yticks(range(len(names)), labels=names)
    for row, share in enumerate(shares):
        axes.text(share, row, f" {share:.2f}", va="center", fontsize=9)
    axes.set_xlim(0, 1.08 * max(shares))
    axes.set_xlabel("share of the variance of the finished trials' scores (fANOVA)")
    axes.set_title("What mattered", loc="left", fontsize=11)


def _draw_rates(axes: "Axes", result: TuningResult, curves: RateCurves) -> None:
    """A line a trial: the best in colour, the more pale the worse; frozen groups leave a gap."""
    count = len(curves.rates)
    for rank, (number, rates) in reversed(list(enumerate(curves.rates.items()))):
        best = rank == 0
        colour = VERMILLION if best else BLUE
        shown = [rate if rate > 0 else float("nan") for rate in rates]
        trial = next(t for t in result.trials if t.number == number)
        axes.plot(
            range(len(rates)), shown, color=colour, alpha=1.0 if best else 0.9 - 0.6 * rank / count,
            marker=MARKERS[rank % len(MARKERS)], markersize=6 if best else 4,
            linewidth=2.2 if best else 1.2, label=f"trial {number}: {trial.outcome.score:.4f}",
            zorder=10 - rank,
        )  # fmt: skip
    axes.set_yscale("log")
    rotation = 30 if len(curves.groups) > 10 else 0
    axes.set_xticks(range(len(curves.groups)), labels=curves.groups, rotation=rotation)
    axes.set_ylabel("peak learning rate")
    axes.set_title(f"Rates of the best {counted(count, 'trial')}", loc="left", fontsize=11)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], frameon=False, fontsize=8, loc="center left",
        bbox_to_anchor=(1.0, 0.5),
    )  # fmt: skip
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
