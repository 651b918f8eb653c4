"""The side of a driver: what a worker on another machine has written is taken in."""

import hashlib
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from foldwise.engines.parcels import Begun, Ended, Event, Left, Packed, Piece, is_checkpoint
from foldwise.errors import GOES_ON, StorageError
from foldwise.storage import disk_full_explained, sync_file, sync_folder


class Inbox:
    """Takes in what an outbox sends: each parcel appears whole, once all of it is on the disk.

    Args:
        root: above the folders.
        folders: relative to it; nothing outside them is touched, whatever was sent.
    """

    def __init__(self, root: Path, folders: Sequence[Path] = ()) -> None:
        self._root, self._folders = root, list(folders)
        self._aside: dict[str, Path] = {}  # by path: where the files of the parcel lie for now
        self._open: Path | None = None
        self._digest = hashlib.sha256()

    def watch(self, folders: Sequence[Path]) -> None:
        """Take in what changes in these, too."""
        self._folders.extend(folders)

    def take(self, event: Event) -> None:
        """Take in the next event.

        Raises:
            StorageError: the disk is full, or a file is not what was sent.
        """
        if isinstance(event, Begun):
            self._begin(event.path)
        elif isinstance(event, Piece):
            self._add(event.data)
        elif isinstance(event, Ended):
            self._end(event.sha256)
        elif isinstance(event, Packed):
            self._unpack(event)
        elif isinstance(event, Left):
            self._folders.remove(Path(event.path))
        else:
            self._forget(event.path)

    def discard(self) -> None:
        """Forget what has arrived in part: its sender is gone."""
        for aside in self._aside.values():
            if aside.parent.suffix == ".tmp":  # of a checkpoint
                shutil.rmtree(aside.parent, ignore_errors=True)
            aside.unlink(missing_ok=True)
        self._aside.clear()

    def _checked(self, path: str) -> Path:
        """The path below the root.

        Raises:
            StorageError: it is outside of what the worker was given.
        """
        inner = Path(path)
        allowed = any(inner == f or f in inner.parents for f in self._folders)
        if inner.is_absolute() or ".." in inner.parts or not allowed:
            raise StorageError(
                f"a worker writes only in its own folders, but it sent {path!r}; nothing was "
                f"written. Check who else has access to the cluster"
            )
        return self._root / inner

    def _begin(self, path: str) -> None:
        final = self._checked(path)
        aside = final.with_name(f".{final.name}.{secrets.token_hex(4)}.tmp")
        if is_checkpoint(final.parent.name):
            aside = final.parent.with_name(f"{final.parent.name}.tmp") / final.name
        with disk_full_explained(aside):
            aside.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(b"")
        self._aside[path], self._open, self._digest = aside, aside, hashlib.sha256()

    def _add(self, data: bytes) -> None:
        if self._open is None:
            raise ValueError("a piece belongs to a file")
        self._digest.update(data)
        with disk_full_explained(self._open, len(data)), self._open.open("ab") as file:
            file.write(data)

    def _end(self, sha256: str) -> None:
        if self._open is None:
            raise ValueError("what ends has begun")
        if self._digest.hexdigest() != sha256:
            raise StorageError(
                f"{self._open} differs from what was sent (SHA-256); {GOES_ON} from what "
                f"arrived before"
            )
        sync_file(self._open)
        self._open = None

    def _unpack(self, parcel: Packed) -> None:
        final = self._checked(parcel.path)
        if not parcel.whole:
            self.discard()
        elif is_checkpoint(final.name):
            aside, old = (final.with_name(f"{final.name}{end}") for end in (".tmp", ".old.tmp"))
            sync_folder(aside)
            shutil.rmtree(old, ignore_errors=True)  # of a driver that was killed right here
            with suppress(FileNotFoundError):  # of an attempt that collapsed, at the same step
                final.rename(old)
            aside.rename(final)
            sync_folder(final.parent)
            shutil.rmtree(old, ignore_errors=True)
        else:
            for aside in self._aside.values():
                aside.replace(final)
            sync_folder(final.parent)
        self._aside.clear()

    def _forget(self, path: str) -> None:
        final = self._checked(path)
        if final.is_dir():
            shutil.rmtree(final)
        else:
            final.unlink(missing_ok=True)
