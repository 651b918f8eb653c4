"""Workers on this machine: a subprocess each, with a GPU or its share of the cores."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from foldwise.settings import Hardware
from foldwise.training.engine import Files, Message, WorkerTask, too_many
from foldwise.training.hardware import gpu_fault, resolved_hardware, usable_cores


class LocalProcess:
    """A subprocess that says and hears JSON, one object a line."""

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,  # Ctrl-C reaches the driver alone, which passes it on once
        )
        self._speaking = threading.Lock()

    def messages(self) -> Iterator[Message]:
        """What it says, until it has ended.

        A line that a kill cut off, or that who knows who printed, is no message: the process is
        ended, and counts as dead.
        """
        for line in self._process.stdout or ():
            message = _parsed(line)
            if message is None:
                self._process.kill()
                break
            yield message
        self._process.wait()

    def say(self, message: Mapping[str, Any]) -> None:
        """Say something to it; nothing happens where it has ended."""
        stream = self._process.stdin
        if stream is None:
            raise ValueError("a worker has standard input")
        try:
            with self._speaking:
                stream.write(json.dumps(message) + "\n")
                stream.flush()
        except (BrokenPipeError, ValueError):  # it has ended, or its input was closed
            return

    def bring(self, _files: Files) -> None:
        """Nothing: the driver's files are at hand."""

    def stop(self) -> None:
        """Ask it to save its work and leave."""
        self._process.terminate()

    def close(self) -> None:
        """Close its standard input, which is what an idle one waits for."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def exit_code(self) -> int:
        """Its exit code, once it has ended; a negative one is a signal."""
        return self._process.wait()


class LocalEngine:
    """This machine."""

    is_here = True

    def resolved(self, wanted: Hardware, folds: int) -> Hardware:
        """The hardware settings with every "auto" replaced by what this machine has.

        Raises:
            UsageError: see `resolved_hardware`.
        """
        return resolved_hardware(wanted, folds)

    def gpu_fault(self) -> str | None:
        """Why the first GPU cannot be used; None if it can."""
        return gpu_fault()

    def places(self, hardware: Hardware) -> int:
        """One a GPU, or as many as the cores have threads for."""
        if hardware.device == "cuda":
            return max(1, len(visible_gpus()))
        return max(1, usable_cores() // max(1, hardware.threads))

    def check(self, hardware: Hardware, count: int) -> None:
        """Check that each worker has a GPU; cores may be shared.

        Raises:
            UsageError: there are fewer GPUs.
        """
        if hardware.device == "cuda" and count > self.places(hardware):
            raise too_many(count, self.places(hardware), "a GPU")

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> LocalProcess:
        """A subprocess, which sees one GPU, its own."""
        environment = dict(os.environ)
        if hardware.device == "cuda" and (gpus := visible_gpus()):
            environment["CUDA_VISIBLE_DEVICES"] = gpus[slot % len(gpus)]
        return LocalProcess(task.command_at(task.root), environment)


def visible_gpus() -> list[str]:
    """The GPUs that workers share out, by the names CUDA_VISIBLE_DEVICES takes."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name.strip()]
    return [str(number) for number in range(torch.cuda.device_count())]


def _parsed(line: str) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
