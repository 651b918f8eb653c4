"""Files on their way between machines that share no file system.

What a worker has written arrives as it was written: whole files, whole checkpoints, or nothing. A
file is sent in pieces, so that a checkpoint of any size takes little memory on either side.
"""

import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from foldwise.errors import GOES_ON, StorageError
from foldwise.storage import disk_full_explained, read_json, sync_file, sync_folder
from foldwise.training.checkpoint_folders import NAME as CHECKPOINT

PIECE_BYTES = 32 << 20
SEALS = {"result.json", "manifest.json", "scores.json"}  # where they are, all they speak of is


class Begun(NamedTuple):
    """A file of a parcel follows: its path below the root."""

    path: str


class Piece(NamedTuple):
    """The next bytes of the file."""

    data: bytes


class Ended(NamedTuple):
    """The file is over; the SHA-256 of its bytes."""

    sha256: str


class Packed(NamedTuple):
    """All files of a parcel, by its path, have been sent; or it went away in the meantime."""

    path: str
    whole: bool


class Gone(NamedTuple):
    """A file or checkpoint has been deleted."""

    path: str


class Left(NamedTuple):
    """Nothing in this folder is sent any more."""

    path: str


Event = Begun | Piece | Ended | Packed | Gone | Left


def files_in(root: Path, folders: Iterable[Path]) -> dict[str, list[Path]]:
    """The files in these folders, or these files, below `root`: by the parcel they belong to.

    A checkpoint is one parcel, every other file is one of its own. Hidden and temporary files stay.
    Files that seal others come last.
    """
    parcels: dict[str, list[Path]] = {}
    for folder in folders:
        top = root / folder
        for path in [top] if top.is_file() else sorted(_below(top)):
            inner = path.relative_to(root)
            if path.is_file() and not any(map(_is_temporary, inner.parts)):
                parcels.setdefault(_parcel_of(inner), []).append(path)
    return {parcel: parcels[parcel] for parcel in sorted(parcels, key=_is_seal)}


def _below(top: Path) -> Iterator[Path]:
    """The files below a folder in which others write; what goes away meanwhile is left out."""
    for folder, _, names in os.walk(top):  # Path.rglob raises where a folder is renamed
        for name in names:
            yield Path(folder, name)


def _is_seal(parcel: str) -> bool:
    return Path(parcel).name in SEALS


def _is_temporary(part: str) -> bool:
    return part.startswith(".") or part.endswith(".tmp")


def _parcel_of(inner: Path) -> str:
    for parent in inner.parents:
        if CHECKPOINT.fullmatch(parent.name):
            return parent.as_posix()
    return inner.as_posix()


@dataclass
class Outbox:
    """Sends what changes in some folders; while one thread sends, others wait to change them.

    Attributes:
        root: above them.
        folders: relative to it.
    """

    root: Path
    folders: list[Path] = field(default_factory=list)
    _sent: dict[str, tuple[tuple[str, int, int], ...]] = field(default_factory=dict)
    _left: list[Path] = field(default_factory=list)
    _sending: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, folders: Sequence[Path]) -> None:
        """Send what will change in these, too; what is in them now is known already."""
        with self._sending:
            self.folders += [folder for folder in folders if folder not in self.folders]
            for parcel, paths in files_in(self.root, folders).items():
                self._sent[parcel] = _stamp(paths)

    def leave(self) -> list[Path]:
        """The folders until now, of which nothing is sent any more, also not that they go."""
        with self._sending:
            left, self.folders = self.folders, []
            self._left += left
            self._sent.clear()
            return left

    def changes(self) -> Iterator[Event]:
        """What has changed since the last call."""
        with self._sending:
            for folder in self._left:
                if folder not in self.folders:
                    yield Left(folder.as_posix())
            self._left.clear()
            yield from self._changes()

    def _changes(self) -> Iterator[Event]:
        now = files_in(self.root, self.folders)
        for parcel, paths in now.items():
            if not _is_whole(parcel, paths):
                continue
            try:
                stamp = _stamp(paths)
                if self._sent.get(parcel) == stamp:
                    continue
                for path in paths:
                    yield from _read(path, path.relative_to(self.root).as_posix())
            except FileNotFoundError:  # an old checkpoint, deleted while it was read
                yield Packed(parcel, whole=False)
                continue
            self._sent[parcel] = stamp
            yield Packed(parcel, whole=True)
        for parcel in sorted(self._sent.keys() - now.keys()):
            del self._sent[parcel]
            yield Gone(parcel)


def _is_whole(parcel: str, paths: Sequence[Path]) -> bool:
    """False for a checkpoint of which a part has been deleted already."""
    if not CHECKPOINT.fullmatch(Path(parcel).name):
        return True
    try:
        written = read_json(paths[0].with_name("manifest.json"))["files"]
    except (OSError, StorageError):
        return False
    return set(written) <= {path.name for path in paths}


def _stamp(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    stats = [(path.name, path.stat()) for path in paths]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _read(path: Path, name: str) -> Iterator[Event]:
    yield Begun(name)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(PIECE_BYTES):
            digest.update(data)
            yield Piece(data)
    yield Ended(digest.hexdigest())


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
        if CHECKPOINT.fullmatch(final.parent.name):
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
        elif CHECKPOINT.fullmatch(final.name):
            aside = final.with_name(f"{final.name}.tmp")
            sync_folder(aside)
            shutil.rmtree(final, ignore_errors=True)
            aside.rename(final)
            sync_folder(final.parent)
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
