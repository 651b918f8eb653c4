"""A range test as text: columns as high as the smoothed loss, over the logarithm of the rate."""

import math

from foldwise.pipeline.range_picture import Shown, shown_losses, smoothed_at
from foldwise.pipeline.rate_finding import RateFinding

WIDTH, HEIGHT = 64, 10  # characters
MARKS = {"steepest": "s", "minimum / 10": "m"}
BLOCKS = " ▁▂▃▄▅▆▇█"  # https://www.unicode.org/charts/PDF/U2580.pdf
ASCII = " #"


def chart_lines(finding: RateFinding, signs: str = BLOCKS) -> list[str]:
    """The chart, with a mark below each suggestion; losses beyond its top end there.

    Args:
        finding: the range test.
        signs: the fillings of one character, from empty to full.
    """
    test, shown = finding.test, shown_losses(finding.test)
    low, high = math.log(test.rates[0]), math.log(test.rates[-1])
    places = [math.exp(low + (high - low) * i / (WIDTH - 1)) for i in range(WIDTH)]
    heights = [_height(smoothed_at(test, rate), shown, len(signs) - 1) for rate in places]
    labels = {HEIGHT - 1: f"{shown.high:.4g}", 0: f"{shown.low:.4g}"}
    margin = max(map(len, labels.values()))
    lines = [
        f"{labels.get(row, ''):>{margin}} {_row(heights, row, signs)}"
        for row in reversed(range(HEIGHT))
    ]
    where = {s.name: s.rate for s in finding.suggestions}
    below = [" "] * WIDTH
    for name, rate in where.items():
        column = round((math.log(rate) - low) / (high - low or 1.0) * (WIDTH - 1))
        below[min(max(column, 0), WIDTH - 1)] = MARKS[name]
    ends = f"{test.rates[0]:.1e}", f"{test.rates[-1]:.1e}"
    lines.append(f"{'':{margin}} {''.join(below)}")
    lines.append(f"{'':{margin}} {ends[0]}{ends[1]:>{WIDTH - len(ends[0])}}")
    legend = [f"{MARKS[name]} {name}" for name in where]
    title = f"smoothed loss over the rate of {test.reference}, log scale"
    return [line.rstrip() for line in [", ".join([title, *legend]), *lines]]


def _height(loss: float, shown: Shown, full: int) -> int:
    """In fractions of a character; at least one, so that every column is seen."""
    share = (loss - shown.low) / (shown.high - shown.low)
    return max(1, round(min(1.0, share) * HEIGHT * full))


def _row(heights: list[int], row: int, signs: str) -> str:
    full = len(signs) - 1
    return "".join(signs[min(max(height - row * full, 0), full)] for height in heights)
