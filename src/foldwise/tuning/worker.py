"""A process that trains trials, one after the other: `python -m foldwise.tuning.worker ROOT`.

Its driver hands it jobs on standard input and hears of them on standard output, one JSON object a
line. It stops, with everything saved, on SIGTERM or when its driver is gone.
"""

import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from foldwise.errors import FoldwiseError, Interrupted
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.predictions.table import write_predictions
from foldwise.settings import checked_settings
from foldwise.tracking.tracked import train_tracked
from foldwise.training.fold_result import FoldResult, finished_outcome
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest
from foldwise.training.stopping import StopRequest, stop_on_signals
from foldwise.training.watching import Look
from foldwise.training.worker import speaker
from foldwise.tuning.jobs import SaidEnd, SaidFold, SaidLook, TrialJob
from foldwise.tuning.tables import look_path

WAIT_SECONDS = 60.0  # for a worker whose driver was killed, and which is still saving

Say = Callable[[dict[str, Any]], None]


class Dropped(Exception):
    """The driver has seen enough of this trial."""


class Worker:
    """Trains what it is told to, and asks after each evaluation and fold whether to go on."""

    def __init__(self, root: Path, say: Say, stop: StopRequest) -> None:
        self._root, self._say, self._stop = root, say, stop
        self._heard: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def listen(self) -> None:
        """Take in what the driver says, until it is gone; then ask for a stop."""
        for line in sys.stdin:
            self.hear(json.loads(line))
        self._stop.ask(signal.SIGTERM)
        self.hear(None)

    def hear(self, message: dict[str, Any] | None) -> None:
        """Take in a job, or an answer; None: the driver is gone."""
        self._heard.put(message)

    def work(self) -> None:
        """Train one job after the other, until the driver is gone or a stop is asked for."""
        while (job := self._heard.get()) is not None and not self._stop.asked:
            end = self._trained(TrialJob(**{**job, "folds": tuple(job["folds"])}))
            self._say({"ended": asdict(end)})

    def _trained(self, job: TrialJob) -> SaidEnd:
        try:
            self._train(job)
        except Dropped:
            return SaidEnd("dropped")
        except Interrupted:
            return SaidEnd("stopped")
        except FoldwiseError as error:
            return SaidEnd("failed", type(error).__name__, tuple(map(str, error.complaints)))
        return SaidEnd("finished")

    def _train(self, job: TrialJob) -> None:
        project = Project(self._root)
        folder = project.run(job.run)
        with only_driver_of(folder, WAIT_SECONDS, lambda: self._stop.asked):
            self._stop.raise_if_asked()
        for fold in job.folds:  # what a killed worker had finished
            outcome = finished_outcome(folder / f"fold-{fold}")
            if outcome is not None:
                self._ask({"fold": asdict(_said(outcome.result))})
        request = RunRequest(
            name=job.run,
            settings=checked_settings(job.settings, f"the settings of {job.run}"),
            folds=job.folds,
            workers=1,
            watch=lambda look: self._look(folder, job.folds[0], look),
        )
        train_tracked(project, request, self._stop, lambda progress: self._report(folder, progress))

    def _report(self, folder: Path, progress: Progress) -> None:
        self._say({"progress": progress.as_json()})
        if progress.phase == "done":
            outcome = finished_outcome(folder / f"fold-{progress.fold}")
            if outcome is None:
                raise ValueError(f"fold {progress.fold} of {folder} is done, but has no result")
            self._ask({"fold": asdict(_said(outcome.result))})

    def _look(self, folder: Path, first: int, look: Look) -> None:
        if look.fold != first:
            return
        write_predictions(look_path(folder, look.step, look.steps), look.valid)
        said = SaidLook(
            fold=look.fold,
            step=look.step,
            steps=look.steps,
            seconds=look.seconds,
            cpu_seconds=look.cpu_seconds,
            score=look.score,
        )
        self._ask({"look": asdict(said)})

    def _ask(self, message: dict[str, Any]) -> None:
        """Say something, and wait for leave to go on.

        A driver that is gone gives none and takes none: the training saves its work, then leaves.

        Raises:
            Dropped: there is none.
        """
        self._say(message)
        answer = self._heard.get()
        if answer is None:
            self.hear(None)
        elif not answer["go_on"]:
            raise Dropped


def _said(result: FoldResult) -> SaidFold:
    return SaidFold(
        fold=result.fold,
        score=result.score,
        seconds=result.seconds,
        cpu_seconds=result.facts.get("cpu_seconds", 0.0),
        steps=result.facts.get("steps", 0),
    )


def main(root: str) -> int:
    """The exit code of a worker's life."""
    say = speaker()
    with stop_on_signals() as stop:
        worker = Worker(Path(root), say, stop)
        threading.Thread(target=worker.listen, daemon=True).start()
        warnings.showwarning = lambda message, *_rest: say({"note": str(message)})
        worker.work()
    sys.stderr.flush()
    os._exit(0)  # a thread may still hold the lock of standard input


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
