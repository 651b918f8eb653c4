"""Tries what a kernel must not be able to do, in the kernel's own Python; a program by itself.

It imports nothing of this package: where Foldwise can be imported, it has leaked in.
"""

import contextlib
import errno
import importlib.util
import json
import os
import socket
import sys
from pathlib import Path

NOWHERE = ("192.0.2.1", 80)  # no host has this address: https://www.rfc-editor.org/rfc/rfc5737
SECONDS = 2.0


def network() -> str:
    """Why there is no way out; empty where there may be one."""
    try:
        socket.create_connection(NOWHERE, timeout=SECONDS).close()
    except OSError as error:
        return str(error) if error.errno == errno.ENETUNREACH else ""
    return ""


def writing(folder: Path) -> str:
    """Why nothing can be written into `folder` and the folders in it; empty where it can."""
    reasons = [_writing_into(place) for place in (folder, *_folders_in(folder))]
    return "" if "" in reasons else reasons[0]


def _folders_in(folder: Path) -> list[Path]:
    return [Path(place, name) for place, names, _ in os.walk(folder) for name in names]


def _writing_into(folder: Path) -> str:
    probe = folder / "written-by-the-probe"
    try:
        probe.write_text("this must not be possible", encoding="utf-8")
    except OSError as error:
        return str(error.strerror)
    with contextlib.suppress(OSError):
        probe.unlink()
    return ""


def foldwise() -> str:
    """The file of a Foldwise that can be imported; empty where there is none."""
    found = importlib.util.find_spec("foldwise")
    return str(found.origin) if found else ""


def main(folder: str) -> None:
    """Print what was seen as JSON."""
    seen = {"network": network(), "writing": writing(Path(folder)), "foldwise": foldwise()}
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1])
