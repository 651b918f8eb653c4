"""A fold in a process of its own: `python -m foldwise.training.worker ROOT RUN FOLD`.

It reads the run's settings, writes only the fold's folder, and tells its driver on standard output:
one JSON object a line. It stops, with everything saved, on SIGTERM or when its driver is gone.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from foldwise.errors import FoldwiseError
from foldwise.paths import Project
from foldwise.training.fold import FoldJob, run_fold
from foldwise.training.progress import Report, ignore
from foldwise.training.run_folder import reopened_run
from foldwise.training.stopping import StopRequest, stop_on_signals
from foldwise.training.team import joined_team


def main(root: str, run: str, fold: str) -> int:
    """The exit code of one fold's training."""
    say = speaker()
    with stop_on_signals() as stop:
        threading.Thread(target=_stop_with_driver, args=(stop,), daemon=True).start()
        warnings.showwarning = lambda message, *_rest: say({"note": str(message)})
        try:
            job = reopened_run(Project(Path(root)), run).job(int(fold))
            with teamed(job) as mine:
                run_fold(mine, _told(say) if mine.team.leads else ignore, stop)
        except FoldwiseError as error:
            say({"error": type(error).__name__, "complaints": list(error.complaints)})
            return error.exit_code
    return 0


@contextmanager
def teamed(job: FoldJob) -> Iterator[FoldJob]:
    """The job of this process, which may be one of a team: only the first writes to the run.

    The others have a copy of what there is, which is thrown away.
    """
    with joined_team(job.settings.hardware) as team, tempfile.TemporaryDirectory() as aside:
        folder = job.folder
        if not team.leads:
            folder = Path(aside) / job.folder.parent.name / job.folder.name
            if job.folder.is_dir():
                shutil.copytree(job.folder, folder, ignore=shutil.ignore_patterns(".*", "*.tmp"))
        team.wait()  # before the first one changes anything
        yield replace(job, folder=folder, team=team)


def _told(say: Callable[[dict[str, Any]], None]) -> Report:
    return lambda progress: say({"progress": progress.as_json()})


def _stop_with_driver(stop: StopRequest) -> None:
    """Ask for a stop once standard input ends: the driver held its other end, and died."""
    while os.read(sys.stdin.fileno(), 1024):  # not sys.stdin.read: its lock outlives the thread
        pass
    stop.ask(signal.SIGTERM)


def speaker() -> Callable[[dict[str, Any]], None]:
    """What tells the driver something, on a standard output that nobody else can write to.

    Whatever a library prints, in Python or in C, goes to standard error from here on.
    """
    to_driver = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(message: dict[str, Any]) -> None:
        with suppress(BrokenPipeError):  # the driver is gone; the stop that follows saves all
            to_driver.write(json.dumps(message) + "\n")
            to_driver.flush()

    return say


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
