"""How a simulation is shown: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from foldwise.cli.output import Output
from foldwise.kaggle.simulation.simulating import Progress, Tell

SECONDS_BETWEEN_LINES = 15.0
TITLE_CHARACTERS = 40


@contextmanager
def shown_simulation(output: Output) -> Iterator[Tell]:
    """Shows which case a simulation is at, and how long it will take."""
    if output.level < 0:
        yield _nothing
    elif not sys.stderr.isatty():
        yield _Lines(output)
    else:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
            task = bars.add_task("", total=None)
            yield lambda told: bars.update(
                task, description=in_words(told), completed=told.cell, total=told.cells
            )


def _nothing(_told: Progress) -> None:
    """Nothing is shown."""


class _Lines:
    """A line when a case begins, and every quarter of a minute."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._case, self._said_at = 0, 0.0

    def __call__(self, told: Progress) -> None:
        now = time.monotonic()
        if told.number == self._case and now - self._said_at < SECONDS_BETWEEN_LINES:
            return
        self._case, self._said_at = told.number, now
        self._output.say(in_words(told))


def in_words(told: Progress) -> str:
    """Case, cell and the time left."""
    cell = f"cell {told.cell} of {told.cells}, {told.title[:TITLE_CHARACTERS].strip()}"
    left = ""
    if told.seconds_left is not None:
        minutes, seconds = divmod(round(told.seconds_left), 60)
        left = f"; {minutes}:{seconds:02d} left"
    return f"case {told.number} of {told.cases}, {told.case.name}: {cell}{left}"
