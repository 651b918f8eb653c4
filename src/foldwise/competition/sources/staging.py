"""Several files that arrive together: filled aside, then moved to their places.

The files are complete on the disk before the first of them is moved, in one rename of their folder
to `.incoming`. A kill before that rename leaves the old files; after it, the next fetch moves what
is left. So no file is ever half there, and old and new ones stand together only between a kill and
the next fetch.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foldwise.locks import only_driver_of
from foldwise.storage import disk_full_explained, sync_file, sync_folder

INCOMING = ".incoming"
STAGE_PREFIX = ".stage-"


@dataclass(frozen=True)
class Stage:
    """Where files wait.

    Attributes:
        files: all that lies here when the stage is left without an error moves into the folder.
        scratch: downloads and other things nobody needs later.
    """

    files: Path
    scratch: Path


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A stage for `folder`; on an error, `folder` is as it was.

    Raises:
        UsageError: another process is at work on `folder`.
        StorageError: the disk is full; `folder` is as it was.
    """
    with only_driver_of(folder), disk_full_explained(folder / "files"):
        _finish(folder)
        _clear(folder)
        root = folder / f"{STAGE_PREFIX}{secrets.token_hex(4)}.tmp"
        stage = Stage(root / "files", root / "scratch")
        try:
            stage.files.mkdir(parents=True)
            stage.scratch.mkdir()
            yield stage
            for file in stage.files.iterdir():
                sync_file(file)
            sync_folder(stage.files)
            stage.files.replace(folder / INCOMING)
            sync_folder(folder)
        finally:
            shutil.rmtree(root, ignore_errors=True)
        _finish(folder)


def finish_interrupted(folder: Path) -> bool:
    """Whether a fetch into `folder` was killed while moving its files; they are moved now."""
    if not (folder / INCOMING).is_dir():
        return False
    with only_driver_of(folder):
        _finish(folder)
    return True


def _finish(folder: Path) -> None:
    incoming = folder / INCOMING
    if not incoming.is_dir():
        return
    for file in sorted(incoming.iterdir()):
        file.replace(folder / file.name)
    sync_folder(folder)
    incoming.rmdir()


def _clear(folder: Path) -> None:
    """Remove the stages of killed processes: none is alive, since this one holds the lock."""
    for stage in folder.glob(f"{STAGE_PREFIX}*.tmp"):
        shutil.rmtree(stage)
