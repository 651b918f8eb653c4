"""The worker processes of a study; what they say arrives in one queue."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from foldwise.encoders import resolve_encoder
from foldwise.errors import FoldwiseError
from foldwise.settings import Hardware
from foldwise.training.engine import PYTHON, ROOT, Engine, Files, WorkerProcess, WorkerTask
from foldwise.training.workers import files_of_competition
from foldwise.tuning.jobs import SaidEnd, TrialJob

COMMAND = (PYTHON, "-m", "foldwise.tuning.worker", ROOT)


class Heard(NamedTuple):
    """Something a worker said; None: it has ended."""

    slot: int
    process: WorkerProcess  # a slot may have another one by now
    message: dict[str, Any] | None


class Workers:
    """Up to `count` workers, each begun when it is first needed and kept for further trials.

    Args:
        engine: where they run.
        root: of the project.
        hardware: that each of them needs.
        count: how many there may be.
        command: what a worker is.
    """

    def __init__(
        self,
        engine: Engine,
        root: Path,
        hardware: Hardware,
        count: int,
        command: Sequence[str] = COMMAND,
    ) -> None:
        engine.check(hardware, count)
        self.count = count
        self._engine, self._hardware = engine, hardware
        self._task = WorkerTask(tuple(command), root)
        self._processes: dict[int, WorkerProcess] = {}
        self._heard: SimpleQueue[Heard] = SimpleQueue()

    def begin(self, slot: int, job: TrialJob) -> None:
        """Hand a job to the worker in a slot."""
        if slot not in self._processes:
            self._start(slot)
        if not self._engine.is_here:
            self._processes[slot].bring(files_of(job))
        self.say(slot, asdict(job))

    def say(self, slot: int, message: Mapping[str, Any]) -> None:
        """Say something to a worker; one that has died is heard of soon."""
        self._processes[slot].say(message)

    def hear(self, seconds: float) -> Heard | None:
        """What was said next, by any of them; None: nothing for so long."""
        try:
            heard = self._heard.get(timeout=seconds)
        except Empty:
            return None
        return heard if self._processes.get(heard.slot) is heard.process else None

    def ended(self, slot: int) -> int:
        """The exit code of a slot's worker that has ended; the next job starts another."""
        return self._processes.pop(slot).exit_code()

    def stop(self) -> None:
        """Ask all of them to save their work and leave."""
        for process in self._processes.values():
            process.stop()

    def close(self) -> None:
        """End all of them, and wait for that."""
        self.stop()
        for process in self._processes.values():
            process.close()
            process.exit_code()
        self._processes.clear()

    def _start(self, slot: int) -> None:
        process = self._engine.start(self._task, slot, self._hardware)
        self._processes[slot] = process
        threading.Thread(target=self._listen, args=(slot, process), daemon=True).start()

    def _listen(self, slot: int, process: WorkerProcess) -> None:
        try:
            for message in process.messages():
                self._heard.put(Heard(slot, process, message))
        except FoldwiseError as error:  # of the engine, such as a full disk: no worker's death
            said = SaidEnd("failed", type(error).__name__, tuple(map(str, error.complaints)))
            self._heard.put(Heard(slot, process, {"ended": asdict(said)}))
        finally:
            self._heard.put(Heard(slot, process, None))


def files_of(job: TrialJob) -> Files:
    """What a trial needs at hand on another machine, and what comes back from there."""
    encoder = job.settings["encoder"]["name"] if job.settings["kind"] == "encoder" else None
    return Files(
        reads=files_of_competition(job.settings["competition"]),
        writes=(Path("runs") / job.run,),
        encoders=() if encoder is None else (resolve_encoder(encoder),),
    )
