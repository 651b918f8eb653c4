"""A range test as text: columns as high as the smoothed loss, over the logarithm of the rate."""

import math
from textwrap import wrap

from foldwise.pipeline.range_picture import Shown, shown_losses, smoothed_at
from foldwise.pipeline.rate_finding import RateFinding

WIDTH, HEIGHT = 64, 10  # characters
LEAST_WIDTH = 24  # of columns, which the ends of the scale need
MARKS = {"steepest": "s", "minimum / 10": "m"}
BLOCKS = " ▁▂▃▄▅▆▇█"  # https://www.unicode.org/charts/PDF/U2580.pdf
ASCII = " #"


def chart_lines(finding: RateFinding, signs: str = BLOCKS, page: int = 80) -> list[str]:
    """The chart, with a mark below each suggestion; losses beyond its top end there.

    Args:
        finding: the range test.
        signs: the fillings of one character, from empty to full.
        page: characters of a line; a page of fewer than 40 has longer ones.
    """
    test, shown = finding.test, shown_losses(finding.test)
    labels = {HEIGHT - 1: f"{shown.high:.4g}", 0: f"{shown.low:.4g}"}
    margin = max(map(len, labels.values()))
    width = max(LEAST_WIDTH, min(WIDTH, page - margin - 1))
    low, high = math.log(test.rates[0]), math.log(test.rates[-1])
    places = [math.exp(low + (high - low) * i / (width - 1)) for i in range(width)]
    heights = [_height(smoothed_at(test, rate), shown, len(signs) - 1) for rate in places]
    lines = [
        f"{labels.get(row, ''):>{margin}} {_row(heights, row, signs)}"
        for row in reversed(range(HEIGHT))
    ]
    where = {s.name: s.rate for s in finding.suggestions}
    below = [" "] * width
    for name, rate in where.items():
        column = round((math.log(rate) - low) / (high - low or 1.0) * (width - 1))
        below[min(max(column, 0), width - 1)] = MARKS[name]
    ends = f"{test.rates[0]:.1e}", f"{test.rates[-1]:.1e}"
    lines.append(f"{'':{margin}} {''.join(below)}")
    lines.append(f"{'':{margin}} {ends[0]}{ends[1]:>{width - len(ends[0])}}")
    legend = [f"{MARKS[name]} {name}" for name in where]
    title = f"smoothed loss over the rate of {test.reference}, log scale"
    head = wrap(", ".join([title, *legend]), max(page, margin + 1 + width))
    return [line.rstrip() for line in [*head, *lines]]


def _height(loss: float, shown: Shown, full: int) -> int:
    """In fractions of a character; at least one, so that every column is seen."""
    share = (loss - shown.low) / (shown.high - shown.low)
    return max(1, round(min(1.0, share) * HEIGHT * full))


def _row(heights: list[int], row: int, signs: str) -> str:
    full = len(signs) - 1
    return "".join(signs[min(max(height - row * full, 0), full)] for height in heights)
