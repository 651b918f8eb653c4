"""Words shaded by their weights in a terminal, and the heaviest of them as a list elsewhere."""

import io
import os
import shutil
import sys
from collections.abc import Sequence

import numpy as np

from foldwise.cli.tables import printable
from foldwise.pipeline.evidence import WordWeights

# From faint to strong, black letters on each: one hue a direction, of which no kind of colour
# blindness confuses the two. https://colorbrewer2.org, sequential Oranges and Blues.
RAISES = ("#feedde", "#fdbe85", "#fd8d3c")
LOWERS = ("#eff3ff", "#bdd7e7", "#6baed6")
LEVELS = (0.15, 0.4, 0.7)  # of the largest weight; what is below the first has no shade


def can_shade() -> bool:
    """Whether standard output is a terminal that shows colours and may: https://no-color.org."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def shaded(parts: Sequence[WordWeights]) -> str:
    """The text with each word on a shade of its weight, for a terminal; ends with a line break."""
    from rich.console import Console
    from rich.text import Text

    largest = max((np.abs(part.weights).max(initial=0.0) for part in parts), default=0.0)
    file = io.StringIO()
    console = Console(
        file=file, width=shutil.get_terminal_size().columns, force_terminal=True, highlight=False
    )
    for part in parts:
        line = Text(printable(part.text))
        for (start, end), weight in zip(part.spans, part.weights.tolist(), strict=True):
            if colour := _colour(weight, largest):
                line.stylize(f"black on {colour}", start, end)
        line.stylize("dim", part.read_to)
        console.print(line)
    return file.getvalue()


def heaviest(parts: Sequence[WordWeights], count: int = 10) -> list[tuple[str, float]]:
    """The `count` words of largest weight, by size, heaviest first; of equals, the first ones."""
    words = [
        (printable(part.text[start:end]), float(weight))
        for part in parts
        for (start, end), weight in zip(part.spans, part.weights, strict=True)
        if weight
    ]
    return sorted(words, key=lambda word: -abs(word[1]))[:count]


def _colour(weight: float, largest: float) -> str | None:
    if not largest:
        return None
    shades = RAISES if weight > 0 else LOWERS
    level = sum(abs(weight) / largest >= border for border in LEVELS)
    return shades[level - 1] if level else None
