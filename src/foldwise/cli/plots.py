"""Tables and plots of comparisons, in what standard output can show."""

import sys

from foldwise.cli.tables import Figure, room_in
from foldwise.comparing.ablation_table import Table
from foldwise.comparing.forest import ASCII, BLOCKS, PAGE, Signs


def cells(table: Table) -> list[list[object]]:
    """The table's cells; those of a column of numbers stand to the right."""
    return [list(map(_cell, row, table.numeric)) for row in table.rows]


def _cell(text: str, numeric: bool) -> object:
    return Figure(text) if text and numeric else text


def signs() -> Signs:
    """What plots are drawn with: ASCII where standard output cannot show more."""
    try:
        "".join(BLOCKS).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ASCII
    return BLOCKS


def page() -> int:
    """Characters of a plot's lines: as many as a page has, or a narrower terminal."""
    return min(PAGE, room_in(sys.stdout))
