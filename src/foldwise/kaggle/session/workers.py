"""One process a device, which predicts one job after the other until the time is up."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foldwise import errors
from foldwise.errors import FoldFailed, FoldwiseError
from foldwise.kaggle.session.devices import Device
from foldwise.kaggle.session.jobs import Job
from foldwise.kaggle.session.precision import Wanted
from foldwise.kaggle.session.session import Session
from foldwise.predictions.table import Predictions, read_predictions
from foldwise.training.hardware import usable_cores

WORKER = (sys.executable, "-m", "foldwise.kaggle.session.worker")
ATTEMPTS = 2  # at a job whose process died; on Kaggle a killed process mostly had too little memory
END_SECONDS = 30.0  # for a process without jobs to end by itself
RESERVE_SHARE, RESERVE_SECONDS = 0.05, 60.0  # of the time, kept to blend and write


@dataclass(frozen=True)
class Predicted:
    """What the models predict for the test rows.

    Attributes:
        tables: by run and fold.
        left: jobs that there was no time for.
        seconds: by run and fold, of those that were done.
        devices: names of what computed.
    """

    tables: dict[tuple[str, int], Predictions]
    left: tuple[tuple[str, int], ...]
    seconds: dict[tuple[str, int], float]
    devices: tuple[str, ...]

    def lines(self) -> list[str]:
        """What was done, for a person."""
        done = [f"{r} fold {f}: {self.seconds[r, f]:,.1f} s" for r, f in sorted(self.seconds)]
        missing = [f"{run} fold {fold}: NO TIME LEFT" for run, fold in self.left]
        return [f"on {', '.join(self.devices)}", *done, *missing]


def predict_jobs(
    session: Session, jobs: Sequence[Job], devices: Sequence[Device], precision: Wanted = "auto"
) -> Predicted:
    """What the jobs predict, as many as there is time for.

    Each device has a process of its own, which takes the next job that nobody has taken. One that
    is not expected to end in time comes after all others, and what does not end in time is stopped.

    Raises:
        FoldwiseError: of the kind that stopped the first process.
        FoldFailed: the process of every device died twice.
    """
    queue = _Queue(session, jobs)
    cores = _shared_cores(len(devices))
    with ThreadPoolExecutor(len(devices)) as pool:
        drivers = [
            _Driver(session, queue, device, precision, cores[i]) for i, device in enumerate(devices)
        ]
        # again while a device that was given up has left a job to others that had ended already
        while (working := [d for d in drivers if not d.retired]) and queue.waits():
            list(pool.map(_Driver.run, working))
    if not working:
        queue.failed(FoldFailed(*(text for driver in drivers for text in driver.deaths)))
    queue.raise_failures()
    tables = {key: read_predictions(path) for key, path in queue.files.items()}
    left = tuple(sorted(job.key for job in jobs if job.key not in tables))
    return Predicted(tables, left, queue.seconds, tuple(device.name for device in devices))


@dataclass
class _Queue:
    """The jobs that nobody has taken, and what has come of the others; shared by threads."""

    session: Session
    jobs: Sequence[Job]
    files: dict[tuple[str, int], Path] = field(default_factory=dict)
    seconds: dict[tuple[str, int], float] = field(default_factory=dict)
    failures: list[FoldwiseError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = list(self.jobs)
        self._lock = threading.Lock()
        # the most seconds a unit of cost that any fold of a run took; runs differ too much
        self._rates: dict[str, float] = {}
        whole = self.session.ends - self.session.began
        self._ends = self.session.ends - min(RESERVE_SECONDS, RESERVE_SHARE * whole)

    def seconds_left(self) -> float:
        return self._ends - time.monotonic()

    def taken(self) -> Job | None:
        """The first job that is expected to end in time, taken out of the queue.

        The first fold of a run is always expected to. Where none is, the one that misses by least:
        an expectation may be wrong, and what does not end in time is stopped anyway.
        """
        with self._lock:
            left = self.seconds_left()
            if self.failures or left <= 0 or not self._waiting:
                return None
            expected = [job.cost * self._rates.get(job.run, 0.0) for job in self._waiting]
            fits = [i for i, seconds in enumerate(expected) if seconds < left]
            return self._waiting.pop(fits[0] if fits else expected.index(min(expected)))

    def waits(self) -> bool:
        """Whether a job can be taken."""
        with self._lock:
            return bool(self._waiting) and not self.failures and self.seconds_left() > 0

    def put_back(self, job: Job) -> None:
        """Leave a job to another device."""
        with self._lock:
            self._waiting.insert(0, job)

    def done(self, job: Job, file: Path, seconds: float) -> None:
        with self._lock:
            self.files[job.key], self.seconds[job.key] = file, seconds
            if job.cost > 0:
                rate = max(self._rates.get(job.run, 0.0), seconds / job.cost)
                self._rates[job.run] = rate

    def failed(self, failure: FoldwiseError) -> None:
        with self._lock:
            self.failures.append(failure)

    def note(self, message: str) -> None:
        with self._lock:
            self.session.remark(message)

    def raise_failures(self) -> None:
        if self.failures:
            complaints = [text for failure in self.failures for text in failure.complaints]
            raise type(self.failures[0])(*dict.fromkeys(complaints))


class _Driver:
    """Feeds the process of one device; one that died is started once more, then the device is left.

    Attributes:
        deaths: why the device was given up, in words; empty while it is not.
    """

    def __init__(
        self, session: Session, queue: _Queue, device: Device, precision: Wanted, cores: str
    ) -> None:
        self._session, self._queue, self._device = session, queue, device
        self._arguments = (device.kind, precision, cores)
        self._process: subprocess.Popen[str] | None = None
        self.deaths: list[str] = []

    @property
    def retired(self) -> bool:
        """Whether the device was given up."""
        return bool(self.deaths)

    def run(self) -> None:
        """Work until no job is left, or no time."""
        try:
            while not self.retired and (job := self._queue.taken()) is not None:
                self._attempt(job)
        finally:
            self._end()

    def _attempt(self, job: Job) -> None:
        for _ in range(ATTEMPTS):
            code = self._tried(job)
            if code is None or self._queue.seconds_left() <= 0:
                return
            self._queue.note(f"the process of {job.run} fold {job.fold} died (exit code {code})")
        self.deaths.append(
            f"the process that predicts {job.run} fold {job.fold} on {self._device.name} died "
            f"{ATTEMPTS} times; see the notebook's log, and try smaller micro-batches"
        )
        self._queue.note(f"{self._device.name} is given up: {self.deaths[0]}")
        self._queue.put_back(job)

    def _tried(self, job: Job) -> int | None:
        """None once the process has answered; else the exit code it died with."""
        file = self._session.scratch / "predictions" / job.run / f"fold-{job.fold}.csv"
        process = self._started()
        timer = threading.Timer(max(0.0, self._queue.seconds_left()), process.kill)
        timer.start()
        try:
            if process.stdin is None:
                raise ValueError("the process was started with a standard input")
            process.stdin.write(json.dumps({"run": job.run, "fold": job.fold, "file": str(file)}))
            process.stdin.write("\n")
            process.stdin.flush()
            answer = self._answer(process)
        except BrokenPipeError:  # it died before it read the job
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            self._process = None
            return process.wait()
        if "error" in answer:
            kind: type[FoldwiseError] = getattr(errors, answer["error"])
            self._queue.failed(kind(*answer["complaints"]))
        else:
            self._queue.done(job, file, float(answer["seconds"]))
        return None

    def _answer(self, process: "subprocess.Popen[str]") -> dict[str, Any] | None:
        """What the process answers; None if it ended instead, even in the middle of a line."""
        try:
            for line in process.stdout or ():
                message: dict[str, Any] = json.loads(line)
                if "note" not in message:
                    return message
                self._queue.note(message["note"])
        except ValueError:  # half a line, or half a character: whatever comes next is no answer
            process.kill()
        return None

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None:
            root, name = self._session.project.root, self._session.package.competition
            environment = self._device.environment()
            environment["FOLDWISE_CACHE"] = str(self._session.scratch / "cache")
            self._process = subprocess.Popen(
                [*WORKER, str(root), name, *self._arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        process, self._process = self._process, None  # one that runs again starts another
        try:
            process.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:  # its predictions are read already
            process.kill()
            process.wait()


def _shared_cores(count: int) -> list[str]:
    """The numbers of the cores each of `count` processes may use; empty: all."""
    own = sorted(os.sched_getaffinity(0))
    if count == 1 or usable_cores() < count:
        return [""] * count
    return [",".join(map(str, own[i::count])) for i in range(count)]
