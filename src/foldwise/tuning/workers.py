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


class Ended(NamedTuple):
    """How a worker ended; one that never had a machine was stopped while it waited for one."""

    exit_code: int
    had_machine: bool


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
        self._heard: SimpleQueue[Heard | Exception] = SimpleQueue()

    def has_place(self, slot: int) -> bool:
        """Whether the worker in a slot is there already, or a machine for one more.

        With no machine left the first one is begun all the same: it waits a while for a new one,
        and then says what is missing.
        """
        return slot in self._processes or len(self._processes) < self._places()

    def begin(self, slot: int, job: TrialJob) -> None:
        """Hand a job to the worker in a slot, as soon as a machine has a place for it."""
        if slot not in self._processes:
            self._start(slot)
        process = self._processes[slot]
        if self._engine.is_here:
            process.say(asdict(job))
        else:  # on the way there it may have to wait, while others speak
            threading.Thread(target=self._hand, args=(slot, process, job), daemon=True).start()

    def say(self, slot: int, message: Mapping[str, Any]) -> None:
        """Say something to a worker; one that has died is heard of soon."""
        self._processes[slot].say(message)

    def hear(self, seconds: float) -> Heard | None:
        """What was said next, by any of them; None: nothing for so long."""
        try:
            heard = self._heard.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(heard, Exception):  # a bug that a thread met
            raise heard
        return heard if self._processes.get(heard.slot) is heard.process else None

    def ended(self, slot: int) -> Ended:
        """The end of a slot's worker that was heard to have ended; the next job starts another."""
        process = self._processes.pop(slot)
        return Ended(process.exit_code(), process.has_machine)

    def withdraw(self) -> None:
        """Stop those that wait for a place which is lost.

        A machine that has gone counts until the cluster notices, so that one more worker may have
        been begun than there are places; the others leave theirs at the study's end alone.
        """
        waiting = [process for process in self._processes.values() if not process.has_machine]
        surplus = len(self._processes) - self._places() if waiting else 0
        for process in waiting[: max(0, surplus)]:
            process.stop()

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

    def _places(self) -> int:
        if self._engine.is_here:
            return self.count
        return max(1, self._engine.places(self._hardware))

    def _hand(self, slot: int, process: WorkerProcess, job: TrialJob) -> None:
        """Bring a job and what it needs to a worker; nothing happens where that has ended."""
        try:
            process.bring(files_of(job))
            process.say(asdict(job))
        except FoldwiseError as error:
            self._heard.put(_stopped(slot, process, error))
        except Exception as error:  # noqa: BLE001 - for whoever listens, not for this thread
            self._heard.put(error)

    def _start(self, slot: int) -> None:
        process = self._engine.start(self._task, slot, self._hardware)
        self._processes[slot] = process
        threading.Thread(target=self._listen, args=(slot, process), daemon=True).start()

    def _listen(self, slot: int, process: WorkerProcess) -> None:
        try:
            for message in process.messages():
                self._heard.put(Heard(slot, process, message))
        except FoldwiseError as error:
            self._heard.put(_stopped(slot, process, error))
        finally:
            self._heard.put(Heard(slot, process, None))


def _stopped(slot: int, process: WorkerProcess, error: FoldwiseError) -> Heard:
    """What is heard where an engine fails, such as for a full disk: it is no trial's fault."""
    said = SaidEnd("stopped", type(error).__name__, tuple(map(str, error.complaints)))
    return Heard(slot, process, {"ended": asdict(said)})


def files_of(job: TrialJob) -> Files:
    """What a trial needs at hand on another machine, and what comes back from there."""
    encoder = job.settings["encoder"]["name"] if job.settings["kind"] == "encoder" else None
    return Files(
        reads=files_of_competition(job.settings["competition"]),
        writes=(Path("runs") / job.run,),
        encoders=() if encoder is None else (resolve_encoder(encoder),),
    )
