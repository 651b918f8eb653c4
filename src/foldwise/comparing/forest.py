"""A forest plot as text: each difference as a point on a line, its interval around it."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from foldwise.comparing.ablation import Ablation
from foldwise.comparing.paired import Difference
from foldwise.comparing.short_names import short_names

PAGE = 80  # characters of a line
WIDTH = 48  # of the axis, where names and words leave so many
LEAST_WIDTH = 24  # of it; longer names are cut
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


def forest_lines(ablation: Ablation, signs: Signs = BLOCKS) -> list[str]:
    """One line a compared variant, better ones first; none where nothing was compared."""
    entries = [
        Entry(variant.name, difference, variant.verdict or "")
        for variant, difference in ablation.compared()
    ]
    return plot_lines(entries, greater_is_better=ablation.greater_is_better, signs=signs)


def plot_lines(
    entries: Sequence[Entry], *, greater_is_better: bool, signs: Signs = BLOCKS
) -> list[str]:
    """One line an entry, with a line above that says which side is better, and a scale below.

    Names too long for a line of 80 are cut in the middle.
    """
    if not entries:
        return []
    room = PAGE - len(GAP) * 2 - max(len(entry.word) for entry in entries)
    names = short_names([entry.name for entry in entries], room - LEAST_WIDTH, signs.cut)
    margin = max(map(len, names))
    axis = axis_over([e.difference for e in entries], greater_is_better=greater_is_better)
    axis = axis._replace(width=min(WIDTH, max(LEAST_WIDTH, room - margin)))
    lines = [f"{'':{margin}}{GAP}{_sides(axis, greater_is_better=greater_is_better)}"]
    lines += [
        f"{name:{margin}}{GAP}{_drawn(entry.difference, axis, signs)}{GAP}{entry.word}"
        for name, entry in zip(names, entries, strict=True)
    ]
    lines.append(f"{'':{margin}}{GAP}{_scale(axis)}")
    return [line.rstrip() for line in lines]


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


def _scale(axis: Axis) -> str:
    """The numbers below the axis: both ends, and zero where there is room."""
    low, high = f"{axis.low:+.4f}", f"{axis.high:+.4f}"
    zero = _column(0.0, axis)
    cells = list(low.ljust(axis.width - len(high)) + high)
    if len(low) < zero < axis.width - len(high) - 1:
        cells[zero] = "0"
    return "".join(cells)
