"""The side of a worker's machine: what the worker writes is sent, parcel by parcel."""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from foldwise.engines.parcels import (
    PIECE_BYTES,
    Begun,
    Ended,
    Event,
    Gone,
    Left,
    Packed,
    Piece,
    files_in,
    is_checkpoint,
    is_seal,
)
from foldwise.errors import StorageError
from foldwise.storage import read_json

HELD = ".held"  # below the root: the checkpoints that are being sent

Stamp = tuple[tuple[str, int, int], ...]


@dataclass
class Outbox:
    """Sends what changes in some folders; while one thread sends, others wait to change them.

    Whoever takes it has, from the first checkpoint of a fold to its result, a whole one at any
    moment, however fast the worker writes new ones and deletes old ones.

    Attributes:
        root: above them, on the same file system.
        folders: relative to it.
    """

    root: Path
    folders: list[Path] = field(default_factory=list)
    _sent: dict[str, Stamp] = field(default_factory=dict)
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
        try:
            for parcel, paths in self._held(now).items():
                yield from self._send(parcel, paths)
        finally:
            shutil.rmtree(self.root / HELD, ignore_errors=True)
        for parcel in self._over(now.keys()):
            del self._sent[parcel]
            yield Gone(parcel)

    def _held(self, now: Mapping[str, Sequence[Path]]) -> dict[str, Sequence[Path]]:
        """The files that may have to be sent: new checkpoints by links that nobody else deletes.

        All are linked before the first is sent, which takes longer than the next ones may live.
        """
        held: dict[str, Sequence[Path]] = {}
        for parcel, paths in now.items():
            if not is_checkpoint(parcel):
                held[parcel] = paths
                continue
            try:
                if self._sent.get(parcel) != _stamp(paths):
                    held[parcel] = self._linked(parcel, paths)
            except (FileNotFoundError, StorageError):  # an old one, of which parts are deleted
                continue
        return held

    def _linked(self, parcel: str, paths: Sequence[Path]) -> list[Path]:
        """Another name for each file of a checkpoint.

        Raises:
            FileNotFoundError, StorageError: it is not whole any more.
        """
        links = [self.root / HELD / parcel / path.name for path in paths]
        links[0].parent.mkdir(parents=True)
        for path, link in zip(paths, links, strict=True):
            os.link(path, link)
        manifest = links[0].with_name("manifest.json")
        if not {link.name for link in links} >= set(read_json(manifest)["files"]):
            raise FileNotFoundError(f"a part of {parcel} has been deleted")
        return links

    def _send(self, parcel: str, paths: Sequence[Path]) -> Iterator[Event]:
        try:
            stamp = _stamp(paths)
            if self._sent.get(parcel) == stamp:
                return
            for path in paths:
                yield from _read(path, f"{parcel}/{path.name}" if is_checkpoint(parcel) else parcel)
        except FileNotFoundError:  # deleted since it was seen
            yield Packed(parcel, whole=False)
            return
        self._sent[parcel] = stamp
        yield Packed(parcel, whole=True)

    def _over(self, now: Set[str]) -> list[str]:
        """What was sent and is there no more; checkpoints, once a later one or the end was sent.

        The one that took its place may have come after the folder was looked through.
        """
        there = self._sent.keys() & now
        followed = {Path(p).parent for p in there if is_checkpoint(p) or is_seal(p)}
        gone = sorted(self._sent.keys() - now)
        return [p for p in gone if not is_checkpoint(p) or Path(p).parent in followed]


def _stamp(paths: Iterable[Path]) -> Stamp:
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
