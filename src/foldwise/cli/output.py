"""What a command shows: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from foldwise.errors import FoldwiseError


class Output:
    """Prints for people, or JSON for programs.

    Args:
        json: the result is one JSON value on standard output.
        level: below zero, only results and errors; above, every detail.
    """

    def __init__(self, json: bool, level: int) -> None:
        self.json = json
        self.level = level

    def say(self, message: str) -> None:
        """A line about what is being done."""
        if self.level >= 0:
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    def detail(self, message: str) -> None:
        """A line for those who asked for more."""
        if self.level > 0:
            self.say(message)

    def error(self, error: FoldwiseError) -> None:
        """A user's error: a message, and JSON where that was asked for."""
        sys.stderr.write(f"error: {error}\n")
        if self.json:
            self.result({
                "error": type(error).__name__,
                "exit_code": error.exit_code,
                "complaints": list(error.complaints),
            })  # fmt: skip

    def result(self, value: Any) -> None:
        """The command's result for programs, if that was asked for."""
        if self.json:
            sys.stdout.write(json.dumps(value, indent=2, allow_nan=False, default=str) + "\n")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table for people; numbers to the right."""
        if self.json:
            return
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table

        console = Console(file=sys.stdout, highlight=False)
        console.print(title, style="bold")
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for i, column in enumerate(columns):
            numeric = bool(rows) and all(_is_number(row[i]) for row in rows)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_shown(cell) for cell in row))
        console.print(table)

    def lines(self, lines: Sequence[str]) -> None:
        """Lines of the result for people."""
        if not self.json:
            sys.stdout.write("".join(f"{line}\n" for line in lines))

    def facts(self, title: str, facts: Mapping[str, object]) -> None:
        """A table of two columns: what, and how much."""
        self.table(title, ["", ""], [[name, value] for name, value in facts.items()])


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) or (isinstance(cell, str) and cell[:1].isdigit())


def _shown(cell: object) -> str:
    from rich.markup import escape

    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return escape(str(cell))
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:.4f}"


def with_error(value: float, standard_error: float | None) -> str:
    """A score with its standard error, such as 1.0930 ± 0.0090."""
    return f"{value:.4f}" if standard_error is None else f"{value:.4f} ± {standard_error:.4f}"
