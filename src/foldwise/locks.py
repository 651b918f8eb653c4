"""One driver per folder: a lock that the system releases when its holder dies."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from foldwise.errors import UsageError
from foldwise.storage import disk_full_explained

POLL_SECONDS = 0.1


@contextmanager
def only_driver_of(
    folder: Path, wait_seconds: float = 0.0, give_up: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Hold `folder` for this process, after waiting for its holder so long, unless told not to.

    `flock` belongs to the open file, so a killed holder leaves no stale lock behind; the pid in the
    file is only for the message. https://man7.org/linux/man-pages/man2/flock.2.html

    Raises:
        UsageError: another live process holds it; names its pid.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    with path.open("a+", encoding="ascii") as file:
        ends = time.monotonic() + wait_seconds
        while not _taken(file):
            if time.monotonic() < ends and not give_up():
                time.sleep(POLL_SECONDS)
                continue
            file.seek(0)
            holder = file.read().strip()
            stop = f", or stop it with: kill {holder}" if holder else ""  # it may be about to sign
            raise UsageError(
                f"one driver per run: {folder} is in use by process {holder or 'unknown'}; "
                f"wait for it{stop}"
            )
        with disk_full_explained(path):
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        yield


def holder_of(folder: Path) -> str | None:
    """The pid of the process that holds `folder`, "unknown" while it signs; None if none does."""
    path = folder / ".lock"
    if not path.is_file():
        return None
    with path.open(encoding="ascii") as file:
        return None if _taken(file, fcntl.LOCK_SH) else file.read().strip() or "unknown"


def _taken(file: TextIO, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
