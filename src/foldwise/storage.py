"""Files that are whole or absent: written aside, synced, renamed.

The order of calls follows POSIX: `rename` is atomic inside one file system, and a name survives a
power cut once its folder is synced. https://pubs.opengroup.org/onlinepubs/9699919799/
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foldwise.errors import StorageError

CHUNK_BYTES = 1 << 20


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, sync it, and rename it to `path`.

    Readers see the old file or the new one. On any failure the old file is untouched and the
    temporary one is gone.

    Raises:
        StorageError: the disk is full; names the bytes needed so far and those free.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with disk_full_explained(path):
            write(aside)
            sync_file(aside)
            aside.replace(path)
            sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with the line ends it has, whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`, whole or not at all."""
    write_atomically(path, lambda aside: _write_all(aside, data))


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def _write_all(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)


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
def disk_full_explained(path: Path) -> Iterator[None]:
    """Turn "no space left" into a StorageError that says how much is missing and free."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise _disk_full(path) from error
    except Exception as error:  # safetensors wraps the system's error in one of its own
        if "No space left" not in str(error) and "os error 28" not in str(error):
            raise
        raise _disk_full(path) from error


def _disk_full(path: Path) -> StorageError:
    free = shutil.disk_usage(path.parent).free
    written = sum(p.stat().st_size for p in path.parent.glob("*.tmp*") if p.is_file())
    needed = max(written, path.stat().st_size if path.is_file() else 0)
    return StorageError(
        f"the disk is full: writing {path} needs more than {needed:,} bytes and {free:,} are free; "
        f"what was there before is intact. Free some space, then run the same command again"
    )


def sha256_of_file(path: Path) -> str:
    """The file's SHA-256 as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_of_strings(*parts: str) -> str:
    """The SHA-256 of a list of strings; each is preceded by its length, so that none can blend."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()
