"""How time and memory grow with the size of what is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from speed.measurement import Computed, CrossValidation
from speed.rounds import Line
from speed.table import markdown_table, spread


@dataclass(frozen=True)
class Size:
    """How large it was, in figures, and the line that was measured at this size."""

    size: float
    line: Line[Computed] | Line[CrossValidation]

    @property
    def seconds(self) -> list[float]:
        """Of each round."""
        return [one.seconds for one in self.line.measured]

    @property
    def peaks(self) -> list[float]:
        """Memory of each round in GiB, as far as it is known."""
        known = [one.peak_bytes for one in self.line.measured]
        return [peak / 2**30 for peak in known if peak is not None]


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """By how many powers of two the values grow as sizes double: least squares in logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def growth_table(what: str, sizes: Sequence[Size]) -> str:
    """Time and memory by size, and the slope of the median times."""
    finished = [one for one in sizes if one.line.measured]
    rows = [
        [
            f"{one.size:,.0f}",
            spread(one.seconds, ".2f"),
            f"{max(one.peaks):.2f} GiB" if one.peaks else "-",
        ]
        for one in finished
    ]
    if len(finished) > 1:
        medians = [median(one.seconds) for one in finished]
        rows.append(["slope", f"{slope([one.size for one in finished], medians):.2f}", ""])
    return markdown_table([what, "wall s", "peak memory"], rows)
