"""One driver per folder: a lock that the system releases when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foldwise.errors import UsageError


@contextmanager
def only_driver_of(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process.

    `flock` belongs to the open file, so a killed holder leaves no stale lock behind; the pid in the
    file is only for the message. https://man7.org/linux/man-pages/man2/flock.2.html

    Raises:
        UsageError: another live process holds it; names its pid.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            stop = f", or stop it with: kill {holder}" if holder else ""  # it may be about to sign
            raise UsageError(
                f"one driver per run: {folder} is in use by process {holder or 'unknown'}; "
                f"wait for it{stop}"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
