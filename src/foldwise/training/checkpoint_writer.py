"""Checkpoints written while training goes on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

import torch

from foldwise.training.checkpoint import TensorFiles, save_checkpoint
from foldwise.training.host_memory import free_host_bytes

ROOM = 4  # free memory, in copies: this one, its file in the making, and as much for another worker


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a checkpoint is to hold: the steps taken, plain state, and files of tensors."""

    step: int
    plain: Mapping[str, Any]
    tensors: TensorFiles

    @property
    def size(self) -> int:
        """Bytes of its tensors."""
        return sum(value.nbytes for file in self.tensors.values() for value in file.values())


def writes_aside(device: torch.device) -> bool:
    """Whether training on `device` should go on while a checkpoint is written.

    Not on a CPU: the copy would take as much memory again as weights and optimizer, and the core
    that writes is one that trains.
    """
    return device.type != "cpu"


class CheckpointWriter:
    """Writes a fold's checkpoints, one at a time, each whole before an older one is deleted.

    Leave it as a context manager: what was begun is on the disk then, and what could not be written
    is raised, also where training ended for another reason, such as a stop that says that
    everything is saved.

    Args:
        folder: of the fold.
        aside: whether `write` returns as soon as the values are copied to the host's memory, which
            needs to have room for them; otherwise they are written at once, a tensor at a time.

    Attributes:
        seconds: that the last whole checkpoint took to write; 0 before the first.
    """

    def __init__(self, folder: Path, *, aside: bool) -> None:
        self._folder, self._aside = folder, aside
        self.seconds = 0.0
        self._thread: Thread | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.finish()

    @property
    def is_writing(self) -> bool:
        """Whether the last checkpoint is not yet on the disk."""
        return self._thread is not None and self._thread.is_alive()

    def write(self, snapshot: Snapshot) -> None:
        """Write a checkpoint, or begin to, once the one before it is on the disk.

        Raises:
            StorageError: the disk is full; this one's error, or of the one before.
        """
        self.finish()
        if not self._aside or free_host_bytes() < ROOM * snapshot.size:
            self._save(snapshot)
            return
        copied = _copied(snapshot)
        self._thread = Thread(target=self._save_aside, args=(copied,), name="checkpoint")
        self._thread.start()

    def finish(self) -> None:
        """Wait until what was begun is on the disk.

        Raises:
            StorageError: the disk is full.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _save(self, snapshot: Snapshot) -> None:
        begun = time.monotonic()
        save_checkpoint(self._folder, snapshot.step, snapshot.plain, snapshot.tensors)
        self.seconds = time.monotonic() - begun

    def _save_aside(self, snapshot: Snapshot) -> None:
        try:
            self._save(snapshot)
        except BaseException as error:  # noqa: BLE001 - raised by `finish`, in training's thread
            self._error = error


def _copied(snapshot: Snapshot) -> Snapshot:
    """The same values in memory of their own, which no later step changes."""
    copies = {
        file: {name: value.detach().to("cpu", copy=True) for name, value in content.items()}
        for file, content in snapshot.tensors.items()
    }
    return Snapshot(snapshot.step, dict(snapshot.plain), copies)
