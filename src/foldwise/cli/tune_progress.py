"""How a study is shown: lines for what begins and ends, and a bar for all of it on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.progress import Progress as Bars
from rich.progress import TaskID

from foldwise.cli.output import Output
from foldwise.cli.progress import Lines, bars_shown
from foldwise.training.progress import Progress
from foldwise.tuning.trials import Trial


@dataclass(frozen=True)
class Shown:
    """Who is told of a study."""

    say: Callable[[str], None]
    progress: Callable[[Trial, Progress | None], None]


@contextmanager
def shown_study(output: Output) -> Iterator[Shown]:
    """Shows a study while it is driven."""
    if output.level < 0 or not sys.stderr.isatty():
        lines = _StudyLines(output)
        yield Shown(output.say, lines)
        return
    with bars_shown() as bars:
        study = _StudyBars(bars)
        yield Shown(study.say, study)


class _StudyLines:
    """The lines of each trial's training."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._of: dict[int, Lines] = {}

    def __call__(self, trial: Trial, progress: Progress | None) -> None:
        if self._output.level < 0 or progress is None:
            return
        if trial.number not in self._of:
            self._of[trial.number] = Lines(self._output, f"trial {trial.number}")
        self._of[trial.number](progress)


class _StudyBars:
    """A bar for each trial in training; what is said stands above them."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[int, TaskID] = {}

    def say(self, message: str) -> None:
        """A line above the bars."""
        self._bars.console.print(message, markup=False, highlight=False)

    def __call__(self, trial: Trial, progress: Progress | None) -> None:
        number = trial.number
        if progress is None:
            if number in self._tasks:
                self._bars.remove_task(self._tasks.pop(number))
            return
        text = f"trial {number}, fold {progress.fold} {progress.phase}"
        if number not in self._tasks:
            self._tasks[number] = self._bars.add_task(text, total=progress.total)
        self._bars.update(
            self._tasks[number],
            description=text,
            total=progress.total,
            completed=progress.done,
        )
