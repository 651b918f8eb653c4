"""Where workers run: what a driver asks of an engine, whichever it is.

A worker is a process that trains. It says things on standard output, hears things on standard input
(one JSON object a line), and writes only below the folders it was given. The driver does not know
on which machine that happens.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from foldwise.encoders import EncoderFiles
from foldwise.errors import UsageError, counted
from foldwise.settings import Hardware

Message = dict[str, Any]
PYTHON, ROOT = "<python>", "<root>"  # in a worker's command


@dataclass(frozen=True)
class Files:
    """What a worker needs at hand, and what comes back from it.

    Attributes:
        reads: files and folders below the project's root, relative to it.
        writes: folders below the root, relative to it; what is in them is at hand, too.
        encoders: the pretrained files, found under their names.
    """

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    encoders: tuple[EncoderFiles, ...] = ()


@dataclass(frozen=True)
class WorkerTask:
    """A worker to start.

    Attributes:
        command: its program and arguments, in which PYTHON and ROOT stand for what they are on the
            machine it works on.
        root: of the project, on the driver's machine.
        files: at hand before it starts.
    """

    command: tuple[str, ...]
    root: Path
    files: Files = Files()

    def command_at(self, root: Path) -> list[str]:
        """The command on a machine where the project's files are in `root`."""
        here = {PYTHON: sys.executable, ROOT: str(root)}
        return [here.get(word, word) for word in self.command]


class WorkerProcess(Protocol):
    """A worker that was started."""

    @property
    def has_machine(self) -> bool:
        """Whether it has got its place, which it may have to wait for."""

    def messages(self) -> Iterator[Message]:
        """What it says, until it has ended; what it wrote before is then with the driver."""

    def say(self, message: Mapping[str, Any]) -> None:
        """Say something to it; nothing happens where it has ended."""

    def bring(self, files: Files) -> None:
        """Have further files at hand; what is written among them, and no others, comes back.

        Raises:
            StorageError: the disk there is full.
        """

    def stop(self) -> None:
        """Ask it to save its work and leave."""

    def close(self) -> None:
        """Let it know that nothing more will be said, which ends an idle one."""

    def exit_code(self) -> int:
        """Its exit code, once it has ended; a negative one is a signal."""


class Engine(Protocol):
    """Machines that workers are started on; a worker has one of the engine's places.

    Attributes:
        is_here: whether its machine is the driver's, which may then train without a worker.
    """

    is_here: bool

    def resolved(self, wanted: Hardware, folds: int) -> Hardware:
        """The hardware settings with every "auto" replaced by what the workers' machines have.

        Raises:
            UsageError: there is no such hardware.
        """

    def gpu_fault(self) -> str | None:
        """Why a run that began on a GPU cannot go on here; None if it can."""

    def places(self, hardware: Hardware) -> int:
        """How many workers the machines feed at once, each with a GPU or its share of cores."""

    def gpus(self, hardware: Hardware) -> int:
        """How many GPUs the places share, slot by slot in turn; 0 where none is shared."""

    def check(self, hardware: Hardware, count: int) -> None:
        """Check that `count` workers have a place each.

        Raises:
            UsageError: they have not, and would wait for each other or for ever.
        """

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> WorkerProcess:
        """A new worker in one of the places, numbered from 0.

        Raises:
            FoldFailed: there is no place left that could ever hold it.
        """


def too_many(count: int, places: int, what: str) -> UsageError:
    """What is said where `count` workers were asked for, and there are places for fewer."""
    advice = f"use --workers {places}" if places else "choose hardware.device=cpu, or add machines"
    return UsageError(
        f"each worker has {what} of its own, but there {'is' if places == 1 else 'are'} {places} "
        f"for {counted(count, 'worker')}; {advice}"
    )
