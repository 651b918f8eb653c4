"""Folds in parallel: one subprocess a fold, one GPU each; the results are those of one process."""

import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import torch

from foldwise import errors
from foldwise.errors import FoldFailed, FoldwiseError, FoldwiseWarning, StorageError, UsageError
from foldwise.journal import Journal
from foldwise.settings import Settings
from foldwise.training.budget import TimeBudget
from foldwise.training.hardware import usable_cores
from foldwise.training.progress import Progress, Report
from foldwise.training.stopping import StopRequest

POLL_SECONDS = 0.2
ATTEMPTS = 2  # a killed worker is tried once more, from its checkpoint


def default_workers(chosen: Settings) -> int:
    """How many folds to train at once: one a GPU, or as many as the cores have threads for."""
    if chosen.kind == "tfidf":
        return 1  # a fold takes seconds, hardly more than a process takes to start
    hardware = chosen.hardware
    if hardware.device == "cuda":
        return max(1, len(gpus_of(chosen)))
    return max(1, usable_cores() // hardware.threads)


class Workers:
    """Runs the folds of one run in `count` processes at a time."""

    def __init__(
        self,
        root: Path,
        run: str,
        gpus: Sequence[str],
        count: int,
        budget: TimeBudget,
        report: Report,
        stop: StopRequest,
    ) -> None:
        if gpus and count > len(gpus):
            raise UsageError(
                f"each worker has a GPU of its own, but there are {len(gpus)} for {count} workers; "
                f"use --workers {len(gpus)}"
            )
        self._root, self._run, self._gpus, self._budget = root, run, gpus, budget
        self._journal = Journal(root / "runs" / run / "journal.jsonl")
        self._disk_failed = False
        self._report, self._stop = report, stop
        self._count = count
        self._slots: SimpleQueue[int] = SimpleQueue()
        for slot in range(count):
            self._slots.put(slot)

    def train(self, folds: Sequence[int]) -> None:
        """Train all `folds`; what failed is raised once the others have ended.

        Raises:
            FoldFailed, StorageError, UsageError, DataError: all failures, as the first one's kind.
            Interrupted: a stop was asked for; every worker has saved its work.
        """
        with ThreadPoolExecutor(self._count) as pool:
            failures = [failure for failure in pool.map(self._attempt, folds) if failure]
        self._stop.raise_if_asked()
        if failures:
            complaints = [text for failure in failures for text in failure.complaints]
            raise type(failures[0])(*dict.fromkeys(complaints))

    def _attempt(self, fold: int) -> FoldwiseError | None:
        for _ in range(ATTEMPTS):
            if self._stop.asked or self._disk_failed or not self._budget.allows_another():
                return None
            slot = self._slots.get()
            try:
                with self._budget.timed():
                    code, failure = self._worker(fold, slot)
            finally:
                self._slots.put(slot)
            self._disk_failed |= isinstance(failure, StorageError)
            if failure is not None or code == 0 or self._stop.asked:
                return failure
            self._journal.write("worker died", fold=fold, exit_code=code)
        return FoldFailed(
            f"the worker of fold {fold} died {ATTEMPTS} times (exit code {code}; a negative one is "
            f"a signal); if it was killed for its memory, use fewer --workers"
        )

    def _worker(self, fold: int, slot: int) -> tuple[int, FoldwiseError | None]:
        """Exit code and failure of one worker process."""
        command = [sys.executable, "-m", "foldwise.training.worker"]
        process = subprocess.Popen(
            [*command, str(self._root), self._run, str(fold)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(self._gpus[slot] if self._gpus else None),
            start_new_session=True,  # Ctrl-C reaches the driver alone, which passes it on once
        )
        ended = threading.Event()
        threading.Thread(target=self._pass_stop_on, args=(process, ended), daemon=True).start()
        try:
            failure = self._heard(process)
        except BaseException:  # whatever went wrong here, no worker is left behind
            process.terminate()
            raise
        finally:
            code = process.wait()
            ended.set()
        return code, failure

    def _heard(self, process: "subprocess.Popen[str]") -> FoldwiseError | None:
        """Report what the worker tells until it ends; the failure it told of, if any."""
        failure: FoldwiseError | None = None
        for line in process.stdout or ():
            message: dict[str, Any] = json.loads(line)
            if "note" in message:
                warnings.warn(FoldwiseWarning(message["note"]), stacklevel=1)
            elif "progress" in message:
                self._report(Progress(**message["progress"]))
            else:
                kind = getattr(errors, message["error"])
                failure = None if kind is errors.Interrupted else kind(*message["complaints"])
        return failure

    def _pass_stop_on(self, process: "subprocess.Popen[str]", ended: threading.Event) -> None:
        while not ended.wait(POLL_SECONDS):
            if self._stop.asked:
                process.terminate()
                return


def gpus_of(chosen: Settings) -> list[str]:
    """The GPUs that workers share out, by the names CUDA_VISIBLE_DEVICES takes; none on a CPU."""
    if chosen.hardware.device != "cuda":
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return visible.split(",")
    return [str(number) for number in range(torch.cuda.device_count())]


def _environment(gpu: str | None) -> dict[str, str]:
    """The worker's environment: it sees one GPU, its own."""
    return dict(os.environ) if gpu is None else {**os.environ, "CUDA_VISIBLE_DEVICES": gpu}
