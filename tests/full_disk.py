"""Programs on a disk of a given size: a real file system in memory that runs full."""

import functools
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def run_on_full_disk(tmp_path: Path, program: str, size: str = "1m") -> Any:
    """What `program` prints as JSON; its working folder is a disk of `size`, and nobody else's.

    The disk belongs to a mount namespace that ends with the program. Skips the test where the
    system allows no such thing.
    """
    if not _can_mount():
        pytest.skip("this system lets nobody mount a file system of their own")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = 'mount -t tmpfs -o "size=$1" none "$2" && cd "$2" && exec "$3" -c "$4"'
    done = subprocess.run(
        [*_own_mounts(), script, "sh", size, str(disk), sys.executable, textwrap.dedent(program)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _own_mounts() -> list[str]:
    return ["unshare", "--map-root-user", "--mount", "sh", "-c"]


@functools.cache
def _can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    command = [*_own_mounts(), "mount -t tmpfs none /mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
