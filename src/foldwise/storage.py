"""Files that are whole or absent: written aside, synced, renamed.

The order of calls follows POSIX: `rename` is atomic inside one file system, and a name survives a
power cut once its folder is synced. https://pubs.opengroup.org/onlinepubs/9699919799/
"""

import errno
import glob
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from foldwise.errors import AGAIN, StorageError

CHUNK_BYTES = 1 << 20
ASIDE = ".*.[0-9]*T[0-9]*Z"  # as a shell matches the folders of `new_aside`, and nothing visible
BLOCK_BYTES = 512  # the unit of st_blocks, whatever the file system's own

Record = TypeVar("Record")


def write_atomically(path: Path, write: Callable[[Path], None], needed: int = 0) -> None:
    """Let `write` fill a temporary file beside `path`, sync it, and rename it to `path`.

    Readers see the old file or the new one. On any failure the old file is untouched and the
    temporary one is gone; an OSError about that one names `path`, which its reader knows.

    Args:
        path: the file.
        write: is given the temporary path.
        needed: bytes that `write` will write at least, where that is known.

    Raises:
        StorageError: the disk is full; names the bytes needed and those free.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with disk_full_explained(path, needed):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(aside)
            sync_file(aside)
            aside.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        if error.filename == str(aside):
            error.filename = str(path)
        raise
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with the line ends it has, whole or not at all."""
    write_bytes(path, text.encode())


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines with the ends they have, as UTF-8, whole or not at all.

    The file's bytes are in memory, so that a full disk is told how many there are; lines are not.
    """
    data = bytearray()
    for line in lines:
        data += line.encode()
    write_bytes(path, data)


def write_bytes(path: Path, data: bytes | bytearray) -> None:
    """Write `data`, whole or not at all."""
    write_atomically(path, lambda aside: _write_all(aside, data), needed=len(data))


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        StorageError: the file is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(path, error) from None


def read_record(path: Path, kind: Callable[..., Record]) -> Record:
    """What `kind` makes of the fields in a JSON file.

    Raises:
        StorageError: the file is damaged, or has other fields.
    """
    table = read_json(path)
    try:
        return kind(**table)
    except (TypeError, AttributeError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> StorageError:
    return StorageError(
        f"{path} is damaged ({error}); restore it, or move it away and run the command that "
        f"wrote it again"
    )


def _write_all(path: Path, data: bytes | bytearray) -> None:
    with path.open("wb") as file:
        file.write(data)


def new_aside(folder: Path) -> Path:
    """A new, hidden folder beside `folder`, named for it and the time: for what it held so far."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = folder.with_name(f".{folder.name}.{stamp}")
    aside.mkdir()
    return aside


def folders_aside(parent: Path) -> list[Path]:
    """The folders in `parent` that hold what others held before; see `new_aside`."""
    return sorted(path for path in parent.glob(ASIDE) if path.is_dir())


def bytes_in(folder: Path) -> int:
    """The size of all files in `folder` and below; what is removed meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):  # passes over folders that have gone
        for name in names:
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 - as walk does
    return total


def set_aside(folder: Path, last: str) -> Path | None:
    """Where all that `folder` held now lies; None if it held nothing. Hidden files, locks, stay.

    Args:
        folder: whose contents are moved.
        last: the file that says what the folder is: after a kill in between it is still there, so
            that what is left passes for nothing else.
    """
    paths = sorted(folder.glob("[!.]*"), key=lambda path: (path.name == last, path.name))
    if not paths:
        return None
    aside = new_aside(folder)
    for path in paths:
        path.rename(aside / path.name)
    return aside


def sync_file(path: Path) -> None:
    """Wait until the file's bytes are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the folder's names are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_full_explained(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn "no space left" into a StorageError that says how much is missing and free.

    Args:
        path: the file or folder being written.
        needed: its bytes at least, where that is known.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise _disk_full(path, needed) from error
    except Exception as error:  # safetensors wraps the system's error in one of its own
        if "No space left" not in str(error) and not re.search(r"os error (28|122)\b", str(error)):
            raise
        raise _disk_full(path, needed) from error


def _disk_full(path: Path, needed: int) -> StorageError:
    """The error; what is half-written counts as free, since it is deleted next."""
    partial = [file.stat() for file in _half_written(path)]
    written = sum(stat.st_size for stat in partial)
    existing = next(folder for folder in path.absolute().parents if folder.is_dir())
    free = shutil.disk_usage(existing).free + sum(s.st_blocks for s in partial) * BLOCK_BYTES
    least = max(needed, written)
    amount = f"at least {least:,} bytes" if least else "more"
    return StorageError(
        f"the disk is full: writing {path} needs {amount}, with {free:,} bytes free; "
        f"what was there before is intact. Free some space, then {AGAIN}"
    )


def _half_written(path: Path) -> list[Path]:
    """The files written aside for `path`, or in it where it is itself a temporary folder."""
    aside = [path] if path.suffix == ".tmp" else []
    aside += path.parent.glob(f".{glob.escape(path.name)}.*.tmp")
    inside = [file for folder in aside for file in folder.rglob("*")]
    return [file for file in [*aside, *inside] if file.is_file()]


def sha256_of_file(path: Path) -> str:
    """The file's SHA-256 as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_strings(*parts: str) -> str:
    """The SHA-256 of a list of strings; each is preceded by its length, so that none can blend."""
    return sha256_of_stream(parts)


def sha256_of_stream(parts: Iterable[str]) -> str:
    """The same of strings that need not be in memory together."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
