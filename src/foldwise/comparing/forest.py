"""A forest plot as text: each difference as a point on a line, its interval around it."""

from collections.abc import Sequence
from statistics import median
from textwrap import wrap
from typing import NamedTuple

from foldwise.comparing.ablation import Ablation
from foldwise.comparing.paired import Difference
from foldwise.comparing.short_names import short_names

PAGE = 80  # characters of a line
LEAST_PAGE = 40  # on fewer a plot says nothing
WIDTH = 48  # of the axis, where names and words leave so many
FAIR_WIDTH = 24  # of it; longer names are cut
LEAST_WIDTH = 16  # of it, which both ends of the scale need; longer words stand below
LEAST_NAME = 12  # characters of a name that are never cut
CLIPPED = 4.0  # times the median reach; a variant that breaks the model does not hide the others
GAP = "  "
ROOM = 20  # parts of the axis, of which one is left free at each end


class Signs(NamedTuple):
    """The characters a plot is drawn with."""

    left: str
    right: str
    line: str
    point: str
    zero: str
    beyond_left: str
    beyond_right: str
    cut: str


BLOCKS = Signs("├", "┤", "─", "●", "│", "◀", "▶", "…")
ASCII = Signs("[", "]", "-", "o", "|", "<", ">", "~")


class Axis(NamedTuple):
    """The ends of the axis, in the metric's unit, zero between them, and its characters."""

    low: float
    high: float
    width: int = WIDTH


class Entry(NamedTuple):
    """One line of a plot: its name, its difference, and a word behind it."""

    name: str
    difference: Difference
    word: str


class Layout(NamedTuple):
    """What has room on a page.

    Attributes:
        names: as they are shown.
        above: whether names stand above the lines, and not before them.
        width: of the axis.
        below: whether words stand below the lines, and not behind them.
    """

    names: list[str]
    above: bool
    width: int
    below: bool

    @property
    def margin(self) -> str:
        """What stands before the axis."""
        return GAP if self.above else " " * max(map(len, self.names)) + GAP


def axis_of(ablation: Ablation) -> Axis:
    """The axis of an ablation's plot; see `axis_over`."""
    differences = [difference for _, difference in ablation.compared()]
    return axis_over(differences, greater_is_better=ablation.greater_is_better)


def axis_over(differences: Sequence[Difference], *, greater_is_better: bool) -> Axis:
    """An axis that holds zero and all differences, but for those far worse than the others."""
    ends = [_ends(difference) for difference in differences]
    reaches = [max(-low, high) for low, high in ends]
    most = CLIPPED * median(reaches) or max(reaches) or 1.0  # half of them may be exactly zero
    low, high = min(0.0, *(low for low, _ in ends)), max(0.0, *(high for _, high in ends))
    if greater_is_better:
        low = max(low, -most)
    else:
        high = min(high, most)
    room = (high - low or most) / ROOM
    return Axis(low - room, high + room)


def _ends(difference: Difference) -> tuple[float, float]:
    """The interval; the value itself where none is known."""
    if difference.low is None or difference.high is None:
        return difference.value, difference.value
    return difference.low, difference.high


def forest_lines(ablation: Ablation, signs: Signs = BLOCKS, page: int = PAGE) -> list[str]:
    """One line a compared variant, better ones first; none where nothing was compared.

    They fit the page as those of `plot_lines` do.
    """
    entries = [
        Entry(variant.name, difference, variant.verdict or "")
        for variant, difference in ablation.compared()
    ]
    better = ablation.greater_is_better
    return plot_lines(entries, greater_is_better=better, signs=signs, page=page)


def plot_lines(
    entries: Sequence[Entry], *, greater_is_better: bool, signs: Signs = BLOCKS, page: int = PAGE
) -> list[str]:
    """One line an entry, with a line above that says which side is better, and a scale below.

    Names too long for a line of `page` characters are cut in the middle, or stand above their lines
    where they would then be the same; words that leave no room for the axis stand below.
    """
    if not entries:
        return []
    page = max(page, LEAST_PAGE)
    layout = _layout(entries, page, signs)
    margin, width = layout.margin, len(layout.margin)
    axis = axis_over([e.difference for e in entries], greater_is_better=greater_is_better)
    axis = axis._replace(width=layout.width)
    lines = [f"{margin}{_sides(axis, greater_is_better=greater_is_better)}"]
    for name, entry in zip(layout.names, entries, strict=True):
        lines += wrap(name, page, break_on_hyphens=False) if layout.above else []
        drawn = f"{'' if layout.above else name:{width}}{_drawn(entry.difference, axis, signs)}"
        indent = " " * max(0, min(width, page - len(entry.word)))
        lines += [drawn, indent + entry.word] if layout.below else [f"{drawn}{GAP}{entry.word}"]
    lines += [f"{margin}{line}" for line in _scale(axis)]
    return [line.rstrip() for line in lines]


def _layout(entries: Sequence[Entry], page: int, signs: Signs) -> Layout:
    words = len(GAP) + max(len(entry.word) for entry in entries)
    beside = _named(entries, page - words, signs)
    if beside.width >= LEAST_WIDTH:
        return beside._replace(width=min(WIDTH, beside.width))
    below = _named(entries, page, signs)
    return below._replace(width=min(WIDTH, max(LEAST_WIDTH, below.width)), below=True)


def _named(entries: Sequence[Entry], page: int, signs: Signs) -> Layout:
    """The names as they are shown, with all that they leave to the axis."""
    room = page - len(GAP)
    most = max(LEAST_NAME, room - FAIR_WIDTH)
    names = short_names([entry.name for entry in entries], most, signs.cut)
    longest = max(map(len, names))
    above = longest > most
    return Layout(names, above, room if above else room - longest, below=False)


def _column(value: float, axis: Axis) -> int:
    share = (value - axis.low) / (axis.high - axis.low)
    return round(min(1.0, max(0.0, share)) * (axis.width - 1))


def _drawn(difference: Difference, axis: Axis, signs: Signs) -> str:
    low, high = _ends(difference)
    cells = [" "] * axis.width
    cells[_column(0.0, axis)] = signs.zero
    first, last = _column(low, axis), _column(high, axis)
    for i in range(first, last + 1):
        cells[i] = signs.line
    cells[first], cells[last] = signs.left, signs.right
    cells[_column(0.0, axis)] = signs.zero
    cells[_column(difference.value, axis)] = signs.point
    if low < axis.low:
        cells[0] = signs.beyond_left
    if high > axis.high:
        cells[-1] = signs.beyond_right
    return "".join(cells)


def _sides(axis: Axis, *, greater_is_better: bool) -> str:
    """Which side of zero is the better one."""
    zero = _column(0.0, axis)
    left, right = ("worse", "better") if greater_is_better else ("better", "worse")
    before = left.rjust(zero - 1)[: max(zero - 1, 0)] if zero > len(left) else ""
    after = right if axis.width - zero > len(right) + 1 else ""
    return f"{before:{zero + 2}}{after}"


def _scale(axis: Axis) -> list[str]:
    """The numbers below the axis: both ends, zero between them, or above them if near one."""
    low, high = f"{axis.low:+.4f}", f"{axis.high:+.4f}"
    zero = _column(0.0, axis)
    ends = low.ljust(axis.width - len(high)) + high
    if len(low) < zero < axis.width - len(high) - 1:
        return [f"{ends[:zero]}0{ends[zero + 1 :]}"]
    return [f"{'':{zero}}0", ends]
