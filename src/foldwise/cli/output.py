"""What a command shows: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from foldwise.cli.tables import rendered, room_in
from foldwise.cli.wrapping import wrapped
from foldwise.errors import FoldwiseError

NOTHING = object()


class Output:
    """Prints for people, or JSON for programs.

    Args:
        json: standard output gets one JSON value, and nothing else.
        level: below zero, only results and errors; above, every detail.

    `fresh` is whether the command begins again what it finds begun.
    """

    def __init__(self, json: bool, level: int = 0) -> None:
        self.json = json
        self.level = level
        self.fresh = False
        self._result: Any = NOTHING

    def say(self, message: str) -> None:
        """A line about what is being done."""
        if self.level >= 0:
            _to_stderr(message)

    def detail(self, message: str) -> None:
        """A line for those who asked for more."""
        if self.level > 0:
            _to_stderr(message)

    def error(self, error: FoldwiseError) -> None:
        """A user's error: a message, and JSON where that was asked for."""
        _to_stderr(f"error: {error}")
        self._fail(type(error).__name__, error.exit_code, error.complaints)

    def bug(self, error: Exception) -> None:
        """A programming error, whose traceback follows; JSON where that was asked for."""
        self._fail(type(error).__name__, 1, [str(error)])

    def _fail(self, kind: str, exit_code: int, complaints: Sequence[str]) -> None:
        self.result({"error": kind, "exit_code": exit_code, "complaints": list(complaints)})
        self.finish()

    def result(self, value: Any) -> None:
        """The command's result for programs; a later one, such as an error, takes its place."""
        self._result = value

    def finish(self) -> None:
        """Print the result, if it was asked for, and flush."""
        if self.json and self._result is not NOTHING:
            text = json.dumps(self._result, indent=2, allow_nan=False, default=_plain)
            sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table for people; numbers to the right."""
        if not self.json:
            sys.stdout.write(rendered(title, columns, rows))

    def lines(self, lines: Sequence[str]) -> None:
        """Lines of the result for people: sentences, wrapped where a terminal is narrow."""
        room = room_in(sys.stdout)
        self.whole([wrapped(line, room) for line in lines])

    def whole(self, lines: Sequence[str]) -> None:
        """Lines of the result that are as long as they are: drawings, and what is copied."""
        if not self.json:
            sys.stdout.write("".join(f"{line}\n" for line in lines))

    def facts(self, title: str, facts: Mapping[str, object]) -> None:
        """A table of two columns: what, and how much."""
        self.table(title, [], [[name, value] for name, value in facts.items()])


def _to_stderr(message: str) -> None:
    sys.stderr.write(f"{wrapped(message, room_in(sys.stderr))}\n")
    sys.stderr.flush()


def _plain(value: object) -> str:
    """A path as a string; anything else is no JSON."""
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a result is made of JSON's types, got {type(value).__name__}")
