"""The worker processes of a study, one GPU each; what they say arrives in one queue."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from foldwise.errors import UsageError
from foldwise.tuning.jobs import TrialJob

COMMAND = (sys.executable, "-m", "foldwise.tuning.worker")


class Heard(NamedTuple):
    """Something a worker said; None: its process has ended."""

    slot: int
    process: int  # a slot may have another one by now
    message: dict[str, Any] | None


class Workers:
    """Up to `count` processes, each begun when it is first needed and kept for further trials.

    Args:
        count: how many there may be.
        gpus: names for CUDA_VISIBLE_DEVICES, one a worker; none on a CPU.
        command: what a worker is.
    """

    def __init__(
        self, count: int, gpus: Sequence[str] = (), command: Sequence[str] = COMMAND
    ) -> None:
        if gpus and count > len(gpus):
            raise UsageError(
                f"each worker has a GPU of its own, but there are {len(gpus)} for {count} workers; "
                f"use --workers {len(gpus)}"
            )
        self.count = count
        self._gpus, self._command = tuple(gpus), list(command)
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._heard: SimpleQueue[Heard] = SimpleQueue()

    def begin(self, slot: int, job: TrialJob) -> None:
        """Hand a job to the worker in a slot."""
        if slot not in self._processes:
            self._start(slot)
        self.say(slot, asdict(job))

    def say(self, slot: int, message: Mapping[str, Any]) -> None:
        """Say something to a worker; one that has died is heard of soon."""
        stream = self._processes[slot].stdin
        if stream is None:
            raise ValueError("a worker has standard input")
        try:
            stream.write(json.dumps(message) + "\n")
            stream.flush()
        except BrokenPipeError:
            return

    def hear(self, seconds: float) -> Heard | None:
        """What was said next, by any of them; None: nothing for so long."""
        try:
            heard = self._heard.get(timeout=seconds)
        except Empty:
            return None
        current = self._processes.get(heard.slot)
        if current is None or current.pid != heard.process:
            return None
        return heard

    def ended(self, slot: int) -> int:
        """The exit code of a slot's process that has ended; the next job starts another."""
        return self._processes.pop(slot).wait()

    def stop(self) -> None:
        """Ask all of them to save their work and leave."""
        for process in self._processes.values():
            process.terminate()

    def close(self) -> None:
        """End all of them, and wait for that."""
        self.stop()
        for process in self._processes.values():
            if process.stdin is not None:
                process.stdin.close()  # what an idle one waits for
            process.wait()
        self._processes.clear()

    def _start(self, slot: int) -> None:
        gpu = self._gpus[slot] if self._gpus else None
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ) if gpu is None else {**os.environ, "CUDA_VISIBLE_DEVICES": gpu},
            start_new_session=True,  # Ctrl-C reaches the driver alone, which passes it on once
        )
        self._processes[slot] = process
        threading.Thread(target=self._listen, args=(slot, process), daemon=True).start()

    def _listen(self, slot: int, process: "subprocess.Popen[str]") -> None:
        try:
            for line in process.stdout or ():
                self._heard.put(Heard(slot, process.pid, json.loads(line)))
        except ValueError:  # cut off by a kill, or printed by who knows whom: it is lost for us
            process.kill()
        finally:
            self._heard.put(Heard(slot, process.pid, None))
