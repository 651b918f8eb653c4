"""A run's training, with trackers that are told what it journals."""

import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from foldwise.errors import FoldwiseWarning
from foldwise.paths import Project
from foldwise.settings import Tracking
from foldwise.tracking.mlflow import MLflow
from foldwise.tracking.record import run_record
from foldwise.tracking.tensorboard import TensorBoard
from foldwise.tracking.tracker import Tracker
from foldwise.tracking.wandb import WeightsAndBiases
from foldwise.training.progress import Progress, Report, ignore
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.stopping import StopRequest

SECONDS_BETWEEN = 10.0  # updates, at least
LEAST_SHARE = 50  # an update's time is followed by so many times as much training at least


def train_tracked(
    project: Project, request: RunRequest, stop: StopRequest, report: Report = ignore
) -> RunState:
    """What `train_run` gives; the trackers of the request's settings follow.

    They are told from the journals by this process, between two reports, and in the end, also of a
    run that was stopped. A tracker that fails is told once as a warning, and the run goes on
    without it: it never costs a training.

    Raises:
        UsageError: a tracker's package is not installed; or see `train_run`, as all others.
    """
    folder = project.run(request.name)
    trackers = trackers_of(request.settings.tracking, project, folder)
    if not trackers:
        return train_run(project, request, stop, report)
    following = Following(folder, trackers, report)
    try:
        state = train_run(project, request, stop, following)
    except BaseException:
        if following.has_begun:  # else the folder may be another run's, which was refused
            following.close()
        raise
    following.close()
    return state


def trackers_of(chosen: Tracking, project: Project, run: Path) -> list[Tracker]:
    """The trackers that the settings ask for.

    Raises:
        UsageError: the package of one is not installed.
    """
    found: list[Tracker] = []
    if chosen.tensorboard:
        found.append(TensorBoard(run))
    if chosen.mlflow:
        found.append(MLflow(project.root / chosen.mlflow, project.root.resolve().name))
    if chosen.wandb:
        found.append(WeightsAndBiases(run, chosen.wandb))
    return found


class Following:
    """A report that passes on, and now and then lets the trackers catch up.

    Attributes:
        has_begun: whether anything was reported: the run is open, and is this one.
    """

    def __init__(
        self,
        folder: Path,
        trackers: Sequence[Tracker],
        report: Report,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.has_begun = False
        self._folder, self._trackers, self._report = folder, list(trackers), report
        self._clock = clock
        self._next = clock() + SECONDS_BETWEEN

    def __call__(self, progress: Progress) -> None:
        """Pass on a report, and update the trackers if it is time."""
        self._report(progress)
        self.has_begun = True
        started = self._clock()
        if started < self._next:
            return
        self._each(lambda tracker: tracker.update(run_record(self._folder)))
        took = self._clock() - started
        self._next = self._clock() + max(SECONDS_BETWEEN, LEAST_SHARE * took)

    def close(self) -> None:
        """Update the trackers for the last time."""
        self._each(lambda tracker: tracker.close(run_record(self._folder)))

    def _each(self, call: Callable[[Tracker], None]) -> None:
        for tracker in list(self._trackers):
            try:
                call(tracker)
            # whatever goes wrong in a foreign package, hours of training must not end by it
            except Exception as error:  # noqa: BLE001
                self._trackers.remove(tracker)
                warnings.warn(
                    FoldwiseWarning(
                        f"{tracker.name} follows {self._folder.name} no longer: "
                        f"{type(error).__name__}: {error}; training goes on, and the same command "
                        f"tells the tracker again"
                    ),
                    stacklevel=2,
                )
