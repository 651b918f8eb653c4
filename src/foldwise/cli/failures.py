"""What stops a command, as an error its user can act on."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from foldwise.errors import AGAIN, GOES_ON, FoldwiseError, Interrupted, StorageError, UsageError

FULL = {errno.ENOSPC, errno.EDQUOT}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
OF_STORAGE = FULL | FORBIDDEN | {errno.EIO, errno.EMFILE, errno.ENFILE, errno.EFBIG}


def explained(error: Exception) -> FoldwiseError | None:
    """The user's error behind `error`; None where it is a bug."""
    if isinstance(error, FoldwiseError):
        return error
    if isinstance(error, OSError):
        return storage_error(error)
    if isinstance(error, ModuleNotFoundError):
        return missing_package(error)
    return None


def storage_error(error: OSError) -> StorageError | None:
    """What is wrong with a file or folder; None where the error is about neither."""
    if error.filename is None and error.errno not in OF_STORAGE:
        return None
    where = str(error.filename) if error.filename is not None else "a file"
    reason = error.strerror or str(error)
    return StorageError(f"{where} cannot be read or written: {reason}; {_advice(error.errno)}")


def _advice(number: int | None) -> str:
    if number in FULL:
        return f"free some space, then {AGAIN}"
    if number in FORBIDDEN:
        return f"change its rights, or work in a folder of your own, then {AGAIN}"
    return f"see what is there, put it right, then {AGAIN}"


def missing_package(error: ModuleNotFoundError) -> UsageError | None:
    """Which package is not installed; None where it is a part of this one."""
    name = (error.name or "").partition(".")[0]
    if not name or name == "foldwise":
        return None
    return UsageError(
        f"this command needs the package {name}, which {sys.executable} has not; "
        f"install it with: pip install -r requirements.txt"
    )


def interrupted(signal_number: int) -> Interrupted:
    """The error of a command that a signal stopped outside of training."""
    name = signal.Signals(signal_number).name
    return Interrupted(signal_number, f"stopped by {name}; what was finished is kept, {GOES_ON}")


@contextmanager
def sigterm_raised() -> Iterator[None]:
    """Let SIGTERM raise `Interrupted`, so that half-written files are removed on the way out.

    Training has its own way to stop, which takes over while it runs.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        raise interrupted(number)

    if threading.current_thread() is not threading.main_thread():  # signals cannot be caught here
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def drop_stdout() -> None:
    """Send what is left of standard output nowhere, since its reader, such as `head`, is gone.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, sys.stdout.fileno())
    finally:
        os.close(nowhere)
