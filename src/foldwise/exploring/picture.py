"""Pictures that a notebook shows, drawn without pyplot and its global state."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's, which all eyes tell apart: https://jfly.uni-koeln.de/color/
BLUE, VERMILLION, GREEN, ORANGE, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#6E6E6E"
COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, "#CC79A7", "#56B4E9", "#F0E442", "#000000")
MARKERS = "osD^vPX*"  # beside the colours, for those who see none
INCHES_WIDE, INCHES_HIGH, DOTS_AN_INCH = 9.0, 3.6, 110

Draw = Callable[["Axes"], object]  # what it returns does not matter


@dataclass(frozen=True)
class Picture:
    """A drawn picture, which a notebook shows by itself.

    Attributes:
        png: the file's bytes.
    """

    png: bytes

    def _repr_png_(self) -> bytes:
        return self.png


def picture(*draws: Draw, height: float = INCHES_HIGH) -> Picture:
    """One picture with a panel for each of `draws`, from left to right.

    Args:
        draws: each fills the axes of its panel.
        height: in inches.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(INCHES_WIDE, height), dpi=DOTS_AN_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    for i, draw in enumerate(draws):
        axes = figure.add_subplot(1, len(draws), i + 1)
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Picture(file.getvalue())


def styles(count: int) -> Sequence[tuple[str, str]]:
    """A colour and a marker for each of `count` things, repeated where there are many."""
    return list(islice(cycle(zip(COLOURS, MARKERS, strict=True)), count))
