"""A range test as a picture: the loss over the rate, and what it suggests."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from foldwise.pipeline.rate_finding import RateFinding, Suggestion
from foldwise.storage import write_atomically
from foldwise.training.range_test import RangeTest
from foldwise.training.rate_suggestions import UNSETTLED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (9.0, 5.0)
DOTS_AN_INCH = 150
ROOM = 1.5  # how far above its lowest the loss is shown, in falls


class Look(NamedTuple):
    """How a suggestion is drawn: a colour of Okabe and Ito's, a marker and a line without one.

    https://jfly.uni-koeln.de/color/
    """

    colour: str
    marker: str
    line: str


BLUE, GREY = "#0072B2", "#6E6E6E"
LOOKS = {"steepest": Look("#D55E00", "v", "--"), "minimum / 10": Look("#009E73", "s", ":")}


class Shown(NamedTuple):
    """The losses that are shown; those above, of a training that diverges, would hide the fall."""

    low: float
    high: float


def shown_losses(test: RangeTest) -> Shown:
    """The lowest smoothed loss to half a fall above where it fell from."""
    settled = int(len(test.smoothed) * UNSETTLED)
    least = min(range(settled, len(test.smoothed)), key=lambda i: test.smoothed[i])
    low = min(test.smoothed)
    fall = max(test.smoothed[: least + 1]) - low or abs(low) or 1.0
    return Shown(low - 0.1 * fall, min(max(test.smoothed), low + ROOM * fall) + 0.1 * fall)


def smoothed_at(test: RangeTest, rate: float) -> float:
    """The smoothed loss at a rate, between two steps too; that of the nearest end beyond them."""
    from numpy import interp

    logs = [math.log(each) for each in test.rates]
    return float(interp(math.log(rate), logs, test.smoothed))


def write_picture(path: Path, finding: RateFinding) -> None:
    """Write the picture as PNG; the same range test gives the same bytes.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        StorageError: the disk is full.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DOTS_AN_INCH, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, and without pyplot's global state
    _draw(figure.add_subplot(), finding)
    write_atomically(
        path, lambda aside: figure.savefig(aside, format="png", metadata={"Software": None})
    )


def _draw(axes: "Axes", finding: RateFinding) -> None:
    test = finding.test
    axes.set_xscale("log")
    axes.set_ylim(*shown_losses(test))
    axes.plot(
        test.rates, test.levelled, color=GREY, alpha=0.35, linewidth=0.8, label="of each batch"
    )
    axes.plot(test.rates, test.smoothed, color=BLUE, linewidth=2.0, label="smoothed")
    for suggestion in finding.suggestions:
        _mark(axes, test, suggestion)
    axes.axvline(
        test.peak, color="black", linewidth=0.8, label=f"the experiment's own: {test.peak:.2g}"
    )
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    plain: dict[str, Any] = {"parse_math": False}  # a $ in a name is a $
    axes.set_title(_title(finding), loc="left", fontsize=11, **plain)
    axes.set_xlabel(f"learning rate of {test.reference}; the other groups keep their ratios to it")
    axes.set_ylabel("training loss")
    axes.legend(loc="best", framealpha=0.9)


def _mark(axes: "Axes", test: RangeTest, suggestion: Suggestion) -> None:
    look = LOOKS[suggestion.name]
    axes.axvline(suggestion.rate, color=look.colour, linestyle=look.line, linewidth=1.2)
    axes.plot(
        suggestion.rate,
        smoothed_at(test, suggestion.rate),
        color=look.colour,
        marker=look.marker,
        linestyle=look.line,
        markersize=9,
        label=f"{suggestion.name}: {suggestion.rate:.2g}",
    )


def _title(finding: RateFinding) -> str:
    ends = {
        "highest": "to the highest rate",
        "diverged": "until the loss diverged",
        "not finite": "until the loss was not finite",
    }
    test = finding.test
    return (
        f"{finding.experiment}: range test of the learning rate\n{finding.competition}, fold "
        f"{finding.fold}, stages.{finding.stage}, seed {finding.seed}: {len(test.rates)} steps, "
        f"{ends[test.end]}"
    )
