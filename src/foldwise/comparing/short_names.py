"""Names that have room in a plot: cut in the middle, since runs mostly differ at their ends."""

from collections import Counter
from collections.abc import Sequence

CUT = "…"


def short_names(names: Sequence[str], most: int, cut: str = CUT) -> list[str]:
    """The names, with so many characters at the most; whole where two would be the same.

    Args:
        names: of runs or variants.
        most: characters, three at least.
        cut: stands for what is left out.
    """
    short = [_shortened(name, most, cut) for name in names]
    times = Counter(short)
    return [given if times[shown] > 1 else shown for given, shown in zip(names, short, strict=True)]


def _shortened(name: str, most: int, cut: str) -> str:
    if len(name) <= most:
        return name
    kept = most - len(cut)
    begin = kept // 2
    return f"{name[:begin]}{cut}{name[begin - kept :]}"
