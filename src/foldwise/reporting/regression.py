"""Where a regression errs: against the truth, by length, and by how far raters differ."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foldwise.reporting.binned import LEAST, Bin, binned, root_of
from foldwise.reporting.palette import BLUE, GREEN, INK, MUTED, VERMILLION
from foldwise.reporting.plot import Plot
from foldwise.reporting.reported_run import ReportedRun
from foldwise.reporting.section import Block
from foldwise.reporting.words import words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

MOST_DOTS = 1500  # more rows are shown as their density: neither the eye nor a phone takes as many
MOST_TARGETS = 6
HEXAGONS = 34  # across


def regression_block(run: ReportedRun) -> Block:
    """Predicted against true, and the error by length and by rater noise, of each target."""
    names = run.competition.target
    plots = [plot for i in range(min(len(names), MOST_TARGETS)) for plot in _of_target(run, i)]
    sentences = []
    if len(names) > MOST_TARGETS:
        sentences.append(f"The first {MOST_TARGETS} of {len(names)} targets are shown.")
    if run.loaded.train.target_sd is None:
        sentences.append("The competition has no rater noise to compare errors with.")
    return Block(run.name, sentences=sentences, plots=plots)


def _of_target(run: ReportedRun, i: int) -> list[Plot]:
    name = run.competition.target[i]
    several = len(run.competition.target) > 1
    stem, of = (f"{run.name}-target-{i}", f" of {name}") if several else (run.name, "")
    true, predicted = run.targets[:, i], run.oof.values[:, i]
    missed = predicted - true
    plots = [
        _scatter(f"{stem}-predicted", of, true, predicted),
        _by_length(f"{stem}-by-length", of, words_of(run.loaded.train), missed),
    ]
    noise = run.loaded.train.target_sd
    return plots if noise is None else [*plots, _by_noise(f"{stem}-by-noise", of, noise, missed)]


def _scatter(name: str, of: str, true: Floats, predicted: Floats) -> Plot:
    found = binned(predicted, true)
    ends = f"{predicted.min():.3g} to {predicted.max():.3g}"
    truth = f"{true.min():.3g} to {true.max():.3g}"
    return Plot(
        name=name,
        title=f"True{of} against predicted",
        alt=f"Predictions reach from {ends}, true values from {truth}.",
        draw=lambda axes: _draw_scatter(axes, true, predicted, found),
        height=300.0,
        caption="Green: the mean truth of rows predicted alike, with one standard error; on the "
        "line where predictions are calibrated.",
    )


def _draw_scatter(axes: "Axes", true: Floats, predicted: Floats, found: Sequence[Bin]) -> None:
    if len(true) > MOST_DOTS:
        draw_density(axes, predicted, true)
    else:
        axes.plot(predicted, true, "o", color=BLUE, alpha=0.35, markersize=3.5, markeredgewidth=0)
    ends = [min(predicted.min(), true.min()), max(predicted.max(), true.max())]
    axes.plot(ends, ends, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), label="predicted = true")
    _draw_bins(axes, found, GREEN, "D", "mean truth")
    axes.set_xlabel("predicted, out of fold")
    axes.set_ylabel("true")
    axes.grid(visible=True, axis="both")
    axes.legend(loc="upper left")


def draw_density(axes: "Axes", x: Floats, y: Floats) -> None:
    """Draw how many rows fall into each hexagon: the more, the less transparent.

    Transparent rather than pale, so that it is read on paper and in the dark.
    """
    cells = axes.hexbin(x, y, gridsize=HEXAGONS, mincnt=1, linewidths=0.0)
    counts = np.asarray(cells.get_array(), dtype=np.float64)
    shares = np.sqrt(counts / counts.max())
    cells.set_array(None)
    cells.set_facecolor([(BLUE, round(0.12 + 0.88 * float(share), 2)) for share in shares])
    cells.set_edgecolor("none")


def _by_length(name: str, of: str, words: Floats, missed: Floats) -> Plot:
    size = [root_of(each) for each in binned(words, np.square(missed))]
    return Plot(
        name=name,
        title=f"Error{of} by length",
        alt=told_between(size, "words", "root mean squared error"),
        draw=lambda axes: _draw_errors(axes, size, binned(words, missed), "words in the text"),
        caption="Tenths of the rows, with one standard error.",
    )


def _by_noise(name: str, of: str, noise: Floats, missed: Floats) -> Plot:
    size = [root_of(each) for each in binned(noise, np.square(missed))]

    def draw(axes: "Axes") -> None:
        own = [each.at for each in size]
        axes.plot(own, own, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), label="raters' own")
        _draw_errors(axes, size, binned(noise, missed), "standard deviation of a row's raters")

    return Plot(
        name=name,
        title=f"Error{of} by rater noise",
        alt=told_between(size, "rater noise", "root mean squared error"),
        draw=draw,
        caption="Tenths of the rows, with one standard error. Dashed: as far as the raters of such "
        "rows are from each other.",
    )


def told_between(bins: Sequence[Bin], by: str, what: str) -> str:
    """What the first and the last of some bins show, in words."""
    first, last = bins[0], bins[-1]
    return (
        f"By {by} from {first.at:.3g} to {last.at:.3g} the {what} goes from "
        f"{_mean(first)} to {_mean(last)}."
    )


def _mean(of: Bin) -> str:
    """A bin's mean, with its standard error where it has rows enough for one."""
    known = of.rows >= LEAST
    return f"{of.mean:.3f} ± {of.standard_error:.3f}" if known else f"{of.mean:.3f} (one row)"


def _draw_errors(axes: "Axes", size: Sequence[Bin], bias: Sequence[Bin], label: str) -> None:
    axes.axhline(0, color=MUTED, linewidth=0.8)
    _draw_bins(axes, size, BLUE, "o", "root mean squared")
    _draw_bins(axes, bias, VERMILLION, "s", "mean (predicted - true)")
    axes.set_xlabel(label)
    axes.set_ylabel("error")
    axes.margins(y=0.25)
    axes.legend(loc="best")


def _draw_bins(axes: "Axes", bins: Sequence[Bin], colour: str, marker: str, label: str) -> None:
    axes.errorbar(
        [each.at for each in bins], [each.mean for each in bins],
        yerr=[each.standard_error for each in bins],
        color=colour, marker=marker, markersize=5, linewidth=1.2, elinewidth=1.4, label=label,
    )  # fmt: skip
