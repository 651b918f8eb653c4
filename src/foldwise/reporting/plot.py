"""One plot: an SVG that takes the page's colours and text, and the same drawing as PNG."""

import io
import re
import textwrap
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from foldwise.comparing.short_names import short_names
from foldwise.reporting.characters import printable
from foldwise.reporting.palette import INK, MUTED, PAPER, RULE, with_variables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 360.0  # of every plot, in CSS pixels: that of a phone, so that text is never scaled down
HEIGHT = 250.0
LONGEST_TITLE = 48  # characters of a line of a picture's title
LONGEST_NAME = 20  # characters of a run beside a plot
POINTS_AN_INCH = 72.0  # matplotlib's unit of an SVG
DOTS_AN_INCH = 200  # of a PNG
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: searched, selected, read aloud
    "svg.hashsalt": "foldwise",  # the same plot has the same names inside
    "text.parse_math": False,  # a $ in a label is a $
    "font.size": 10.0,
    "axes.labelsize": 10.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "axes.formatter.useoffset": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "lines.linewidth": 1.6,
    "lines.markersize": 5.0,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
}
HEAD = re.compile(r"^.*?(?=<svg)|<metadata>.*?</metadata>|<!--.*?-->", re.DOTALL)
# matplotlib's own rule would be one for the whole page
RULES = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
FONT = re.compile(r"font-family: [^;\"]*;? ?")
SHORTHAND = re.compile(r"font: (?:(\d+) )?([\d.]+px) [^;\"]*")
TAG = re.compile(r"<[^>]*>")  # matplotlib escapes a > that stands in a value
IDS = re.compile(r'(?<= )id="([^"]*)" ?')
USES = re.compile(r'href="#([^"]*)"|url\(#([^)]*)\)')
GEOMETRY = re.compile(r' (?:d|x|y|points|transform)="[^"]*"')
DECIMALS = re.compile(r"(\.\d\d)\d+")
SIZE = re.compile(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>')
BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Plot:
    """A plot that can be drawn.

    Attributes:
        name: of its PNG, without ending; letters, digits and dashes.
        title: what it shows.
        alt: what is to be seen in it, for those who cannot.
        draw: draws on axes of the report's style, in the report's colours.
        height: in CSS pixels, at a width of 360.
        caption: how to read it; empty: as everyone does.
    """

    name: str
    title: str
    alt: str
    draw: Callable[["Axes"], None]
    height: float = HEIGHT
    caption: str = ""


def names_beside(names: Sequence[str]) -> list[str]:
    """Names of runs or members that leave room for a plot; the tables have them in full.

    Cut in the middle; those that would then be the same are broken into lines.
    """
    short = short_names(names, LONGEST_NAME)
    return ["\n".join(textwrap.wrap(name, LONGEST_NAME)) for name in short]


def name_rows(axes: "Axes", names: Sequence[str]) -> None:
    """Give each row of a plot, top to bottom from 0, its name in place of a tick."""
    axes.set_yticks(range(len(names)), labels=names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.locator_params(axis="x", nbins=5)


@dataclass(frozen=True)
class Drawing:
    """A plot as it was drawn.

    Attributes:
        svg: an `<svg>` element, with text as text and colours as variables.
        png: the same as a file, in light colours on white, with its title.
    """

    svg: str
    png: bytes


def drawn(plot: Plot) -> Drawing:
    """The plot, drawn once for page and picture; the same plot gives the same bytes.

    What is written in the SVG comes from matplotlib, which escapes the texts it is given.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: Any = STYLE  # its stubs name every setting there is
    svg, png = io.StringIO(), io.BytesIO()
    with mpl.rc_context(style):  # some of it is only looked up in when a figure is printed
        inches = (WIDTH / POINTS_AN_INCH, plot.height / POINTS_AN_INCH)
        figure = Figure(figsize=inches, dpi=POINTS_AN_INCH, layout="constrained")
        axes = figure.add_subplot()
        plot.draw(axes)
        # printed by the canvas itself: `savefig` would draw everything once more, to lay it out
        canvas: Any = FigureCanvasSVG(figure)  # its stubs lack types, too
        canvas.print_svg(svg, metadata={"Date": None, "Creator": None})
        axes.set_title(textwrap.fill(plot.title, LONGEST_TITLE))
        figure.set_facecolor(PAPER)
        figure.set_dpi(DOTS_AN_INCH)
        canvas = FigureCanvasAgg(figure)
        canvas.print_png(png, metadata={"Software": None})
    return Drawing(_as_element(svg.getvalue(), plot), png.getvalue())


def _as_element(drawing: str, plot: Plot) -> str:
    """The file that matplotlib wrote as an element of the page."""
    text = printable(RULES.sub("", HEAD.sub("", drawing)))
    used = {first or second for tag in TAG.findall(text) for first, second in USES.findall(tag)}
    text = TAG.sub(lambda tag: _tag(tag[0], plot.name, used), text)
    label = escape(printable(f"{plot.title}. {plot.alt}"), quote=True)
    opening = rf'<svg viewBox="\1" role="img" aria-label="{_literal(label)}">'
    return re.sub(r">\s+<", "><", SIZE.sub(opening, text, count=1)).strip()


def _font(found: re.Match[str]) -> str:
    weight = f"font-weight: {found[1]}; " if found[1] else ""
    return f"{weight}font-size: {found[2]}"


def _tag(tag: str, name: str, used: Set[str]) -> str:
    """One tag as the page takes it; what stands between tags is a text, and is left alone."""
    tag = SHORTHAND.sub(_font, FONT.sub("", tag))
    tag = GEOMETRY.sub(lambda found: DECIMALS.sub(r"\1", BLANKS.sub(" ", found[0])), tag)
    return with_variables(_with_own_ids(tag, name, used))


def _with_own_ids(tag: str, name: str, used: Set[str]) -> str:
    """Without an id that nothing uses, and with others made this plot's own."""
    tag = IDS.sub(lambda found: f'id="{name}-{found[1]}" ' if found[1] in used else "", tag)
    tag = re.sub(r'href="#', f'href="#{name}-', tag)
    return tag.replace("url(#", f"url(#{name}-")


def _literal(replacement: str) -> str:
    return replacement.replace("\\", r"\\")
