"""A forest plot as a picture, in colours and shapes that everyone can tell apart."""

from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from foldwise.comparing.ablation import Ablation
from foldwise.comparing.ablation_table import signed
from foldwise.comparing.forest import axis_of
from foldwise.comparing.paired import Difference
from foldwise.comparing.verdicts import Verdict
from foldwise.errors import counted
from foldwise.storage import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = 9.0  # wide
TITLE_WIDTH = 90  # characters; a base with many settings has a long name
INCHES_A_ROW = 0.42
DOTS_AN_INCH = 150


class Look(NamedTuple):
    """How a verdict is drawn: a colour of Okabe and Ito's, and a shape that needs no colour.

    https://jfly.uni-koeln.de/color/
    """

    colour: str
    marker: str
    filled: bool


BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#6E6E6E"
LOOKS: dict[Verdict | None, Look] = {
    "better": Look(BLUE, "o", filled=True),
    "perhaps better": Look(BLUE, "o", filled=False),
    "worse": Look(VERMILLION, "s", filled=True),
    "perhaps worse": Look(VERMILLION, "s", filled=False),
}
OTHER = Look(GREY, "D", filled=False)


def write_forest(path: Path, ablation: Ablation) -> bool:
    """Write the picture as PNG; False where there is nothing to draw.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        StorageError: the disk is full.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    compared = ablation.compared()
    if not compared:
        return False
    height = 1.5 + INCHES_A_ROW * len(compared)
    figure = Figure(figsize=(INCHES, height), dpi=DOTS_AN_INCH, layout="constrained")
    FigureCanvasAgg(figure)  # draws without a screen, and without pyplot's global state
    _draw(figure.add_subplot(), ablation)
    # no version inside: the same ablation gives the same bytes
    write_atomically(
        path, lambda aside: figure.savefig(aside, format="png", metadata={"Software": None})
    )
    return True


def _draw(axes: "Axes", ablation: Ablation) -> None:
    compared = ablation.compared()
    axis = axis_of(ablation)
    axes.set_xlim(axis.low, axis.high)
    axes.set_ylim(len(compared) - 0.4, -0.6)  # the best on top
    axes.axvline(0.0, color="black", linewidth=1.0)
    for row, (variant, difference) in enumerate(compared):
        _draw_row(axes, row, difference, LOOKS.get(variant.verdict, OTHER))
    plain: dict[str, Any] = {"parse_math": False}  # a $ in a setting is a $
    axes.set_yticks(range(len(compared)), labels=[v.name for v, _ in compared], **plain)
    figures = axes.twinx()
    figures.set_ylim(axes.get_ylim())
    cells = [f"{signed(d.value, d.standard_error)}  {v.verdict or ''}" for v, d in compared]
    figures.set_yticks(range(len(compared)), labels=cells, family="monospace", fontsize=9)
    for side in (axes, figures):
        side.tick_params(axis="y", length=0)
        side.spines[["top", "left", "right"]].set_visible(False)
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(_title(ablation), loc="left", fontsize=11, **plain)
    axes.set_xlabel(_label(ablation), **plain)


def _draw_row(axes: "Axes", row: int, difference: Difference, look: Look) -> None:
    low, high = axes.get_xlim()
    edge = (high - low) / 40
    if difference.low is not None and difference.high is not None:
        axes.hlines(row, difference.low, difference.high, color=look.colour, linewidth=2.0)
    inside = min(max(difference.value, low + edge), high - edge)
    beyond = "<" if difference.value < low else ">" if difference.value > high else ""
    axes.plot(
        inside,
        row,
        marker=beyond or look.marker,
        color=look.colour,
        markerfacecolor=look.colour if look.filled else "white",
        markersize=8,
        markeredgewidth=1.6,
        clip_on=False,
    )


def _title(ablation: Ablation) -> str:
    seeds, folds = len(ablation.seeds), len(ablation.folds)
    what = wrap(f"{ablation.base_name()}: what each setting changes", TITLE_WIDTH)
    return "\n".join(what) + (
        f"\n{counted(ablation.rows, 'row')} of "
        f"{ablation.competition}, {counted(folds, 'fold')}, "
        f"{counted(seeds, 'seed')}, 95 % intervals"
    )


def _label(ablation: Ablation) -> str:
    base = "" if ablation.base is None else f" ({ablation.base.score:.4f})"
    better = "better to the right" if ablation.greater_is_better else "better to the left"
    return f"{ablation.metric} minus the base's{base}; {better}"
