"""How a training is shown: bars on a terminal, a line now and then elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bars,
)

from foldwise.cli.output import Output
from foldwise.training.progress import Progress, Report, ignore

SECONDS_BETWEEN_LINES = 15.0


def bars_shown(*more: TextColumn) -> Bars:
    """Bars on standard error: what is done, how much of it, the time left, and `more`."""
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        *more,
        console=Console(stderr=True),
    )


@contextmanager
def shown_progress(output: Output, run: str) -> Iterator[Report]:
    """A report that shows the folds of `run` as they train."""
    if output.level < 0:
        yield ignore
        return
    if not sys.stderr.isatty():
        yield Lines(output, run)
        return
    with bars_shown(TextColumn("{task.fields[score]}")) as bars:
        yield _Bars(bars, run)


class _Bars:
    """One bar a fold, which begins anew with each phase."""

    def __init__(self, bars: Bars, run: str) -> None:
        self._bars, self._run = bars, run
        self._tasks: dict[int, TaskID] = {}
        self._phases: dict[int, str] = {}

    def __call__(self, progress: Progress) -> None:
        fold, phase = progress.fold, progress.phase
        text = f"{self._run} fold {fold} {phase}"
        if fold not in self._tasks:
            self._tasks[fold] = self._bars.add_task(text, total=progress.total, score="")
        elif phase not in {self._phases[fold], "done"}:  # done keeps the last phase's time
            self._bars.reset(self._tasks[fold])
        self._phases[fold] = phase
        self._bars.update(
            self._tasks[fold],
            description=text,
            total=progress.total,
            completed=progress.done,
            score="" if progress.score is None else f"best {progress.score:.4f}",
        )


class Lines:
    """A line when a fold begins or goes on, every quarter of a minute, and at its end."""

    def __init__(self, output: Output, run: str) -> None:
        self._output, self._run = output, run
        self._lock = threading.Lock()
        self._said_at = time.monotonic()
        self._first: dict[tuple[int, str], tuple[float, int]] = {}

    def __call__(self, progress: Progress) -> None:
        """Show the progress, if it is time."""
        now = time.monotonic()
        with self._lock:
            begins = (progress.fold, progress.phase) not in self._first
            began, done = self._first.setdefault(
                (progress.fold, progress.phase), (now, progress.done)
            )
            finished = progress.phase == "done"
            if begins and progress.phase == "train":
                where = f"from step {progress.done} of {progress.total}"
                self._output.say(f"{self._run} fold {progress.fold}: {where}")
                return
            if not finished and now - self._said_at < SECONDS_BETWEEN_LINES:
                return
            self._said_at = now
        score = "" if progress.score is None else f", best {progress.score:.4f}"
        if finished:
            self._output.say(f"{self._run} fold {progress.fold}: done{score}")
            return
        rate = (progress.done - done) / (now - began) if now > began else 0.0
        left = f", {_clock((progress.total - progress.done) / rate)} left" if rate else ""
        self._output.say(
            f"{self._run} fold {progress.fold}: {progress.phase} "
            f"{progress.done}/{progress.total}{left}{score}"
        )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
