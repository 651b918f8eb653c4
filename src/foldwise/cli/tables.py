"""Tables as text: numbers to the right, and whole; words wrapped where a terminal is too narrow."""

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from foldwise.cli.columns import IN_WORDS, NOWHERE, Column, broken, tables_of, widths_of

if TYPE_CHECKING:
    from rich.table import Table

USUAL = 80  # columns of a terminal that does not say
UNLIMITED = 10_000  # columns, for a file or a pipe: a wrapped line could not be searched


class Figure(str):
    """A number that is already formatted, such as "1.0930 ± 0.0090"."""

    __slots__ = ()


def figure(value: float, standard_error: float | None = None, digits: int = 4) -> Figure:
    """A number with its standard error, where there is one: "1.0930 ± 0.0090"."""
    shown = f"{value:.{digits}f}"
    return Figure(shown if standard_error is None else f"{shown} ± {standard_error:.{digits}f}")


def rendered(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The table as text that ends with an empty line.

    Numbers and figures stand to the right, strings to the left; no columns: no header. Columns
    that a terminal has no room for follow in a second table.
    """
    from rich.console import Console
    from rich.padding import Padding

    text = io.StringIO()
    terminal = sys.stdout.isatty()
    console = Console(
        file=text,
        width=room_in(sys.stdout),
        force_terminal=terminal,
        markup=False,  # a text may hold brackets and colons
        emoji=False,
        highlight=False,
    )
    console.print(printable(title), style="bold", soft_wrap=True)
    parts = tables_of(_columns(columns, rows), console.width)
    if not parts:  # as of no facts: the title stands alone
        console.print()
    for part in parts:
        console.print(Padding(_table(part, console.width), (0, 0, 1, 0), expand=False))
    return "".join(f"{line.rstrip(' ')}\n" for line in text.getvalue().splitlines())


def _columns(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[Column]:
    found = []
    for i in range(len(rows[0]) if rows else len(columns)):
        cells = [row[i] for row in rows]
        head = printable(columns[i]) if columns else ""
        breaks = NOWHERE if _is_numeric(cells) else IN_WORDS
        found.append(Column(head, [_shown(cell) for cell in cells], breaks))
    return found


def _table(columns: Sequence[Column], room: int) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    widths = widths_of(columns, room)
    table = Table(
        box=SIMPLE_HEAD,
        show_header=any(column.head for column in columns),
        show_edge=False,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            broken(column.head, width, IN_WORDS),
            justify="left" if column.is_words else "right",
            overflow="fold",
            width=width,
        )
    shown = [
        [broken(text, w, c.breaks) for text in c.cells]
        for c, w in zip(columns, widths, strict=True)
    ]
    for row in zip(*shown, strict=True):
        table.add_row(*row)
    return table


def room_in(stream: TextIO) -> int:
    """Characters a line may have there; COLUMNS says it too."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    if not stream.isatty():
        return UNLIMITED
    try:  # of this stream: the other one may be a file
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL


def _is_numeric(cells: Sequence[object]) -> bool:
    """Whether all cells that are not blank are numbers, and one at least is not blank."""
    filled = [cell for cell in cells if cell != ""]
    return bool(filled) and all(isinstance(cell, int | float | Figure) for cell in filled)


def _shown(cell: object) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return printable(str(cell))
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.4f}"


def printable(text: str) -> str:
    """`text` without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)
