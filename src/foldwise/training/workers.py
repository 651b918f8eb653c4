"""Folds in parallel: one subprocess a fold, one GPU each; the results are those of one process."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import torch

from foldwise import errors
from foldwise.errors import FoldFailed, FoldwiseError
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
        return max(1, torch.cuda.device_count())
    return max(1, usable_cores() // hardware.threads)


class Workers:
    """Runs the folds of one run in `count` processes at a time."""

    def __init__(
        self,
        root: Path,
        run: str,
        count: int,
        budget: TimeBudget,
        report: Report,
        stop: StopRequest,
    ) -> None:
        self._root, self._run, self._budget = root, run, budget
        self._report, self._stop = report, stop
        self._count = count
        self._slots: SimpleQueue[int] = SimpleQueue()
        for slot in range(count):
            self._slots.put(slot)

    def train(self, folds: Sequence[int]) -> None:
        """Train all `folds`; the first failure is raised once the others have stopped or ended.

        Raises:
            FoldFailed, StorageError, UsageError, DataError: as the worker said.
            Interrupted: a stop was asked for; every worker has saved its work.
        """
        with ThreadPoolExecutor(self._count) as pool:
            failures = [failure for failure in pool.map(self._attempt, folds) if failure]
        self._stop.raise_if_asked()
        if failures:
            raise failures[0]

    def _attempt(self, fold: int) -> FoldwiseError | None:
        for _ in range(ATTEMPTS):
            if self._stop.asked or not self._budget.allows_another():
                return None
            slot = self._slots.get()
            try:
                with self._budget.timed():
                    code, failure = self._worker(fold, slot)
            finally:
                self._slots.put(slot)
            if failure is not None or code == 0:
                return failure
        return FoldFailed(
            f"the worker of fold {fold} died {ATTEMPTS} times (exit code {code}); see its journal, "
            f"{self._root / 'runs' / self._run / f'fold-{fold}' / 'journal.jsonl'}"
        )

    def _worker(self, fold: int, slot: int) -> tuple[int, FoldwiseError | None]:
        """Exit code and failure of one worker process."""
        command = [sys.executable, "-m", "foldwise.training.worker"]
        process = subprocess.Popen(
            [*command, str(self._root), self._run, str(fold)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(slot),
            start_new_session=True,  # Ctrl-C reaches the driver alone, which passes it on once
        )
        ended = threading.Event()
        threading.Thread(target=self._pass_stop_on, args=(process, ended), daemon=True).start()
        failure: FoldwiseError | None = None
        for line in process.stdout or ():
            message: dict[str, Any] = json.loads(line)
            if "progress" in message:
                self._report(Progress(**message["progress"]))
            else:
                kind = getattr(errors, message["error"])
                failure = None if kind is errors.Interrupted else kind(*message["complaints"])
        code = process.wait()
        ended.set()
        return code, failure

    def _pass_stop_on(self, process: "subprocess.Popen[str]", ended: threading.Event) -> None:
        while not ended.wait(POLL_SECONDS):
            if self._stop.asked:
                process.terminate()
                return


def _environment(slot: int) -> dict[str, str]:
    """The worker's environment: it sees one GPU, the slot's."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = visible.split(",") if visible else None
    gpu = devices[slot % len(devices)] if devices else str(slot)
    return {**os.environ, "CUDA_VISIBLE_DEVICES": gpu}
