"""Files on their way between machines that share no file system.

What a worker has written arrives as it was written: whole files, whole checkpoints, or nothing. A
file is sent in pieces, so that a checkpoint of any size takes little memory on either side. The
sender is an `Outbox`, the taker an `Inbox`.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

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
    return {parcel: parcels[parcel] for parcel in sorted(parcels, key=is_seal)}


def _below(top: Path) -> Iterator[Path]:
    """The files below a folder in which others write; what goes away meanwhile is left out."""
    for folder, _, names in os.walk(top):  # Path.rglob raises where a folder is renamed
        for name in names:
            yield Path(folder, name)


def is_seal(parcel: str) -> bool:
    """Whether all that a parcel speaks of is there once it is."""
    return Path(parcel).name in SEALS


def _is_temporary(part: str) -> bool:
    return part.startswith(".") or part.endswith(".tmp")


def _parcel_of(inner: Path) -> str:
    for parent in inner.parents:
        if is_checkpoint(parent.as_posix()):
            return parent.as_posix()
    return inner.as_posix()


def is_checkpoint(parcel: str) -> bool:
    """Whether a parcel is a checkpoint's folder."""
    return CHECKPOINT.fullmatch(Path(parcel).name) is not None
