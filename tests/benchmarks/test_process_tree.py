"""Memory of a process and what it started."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from speed.process_tree import PeakMemory, tree_bytes

MEGABYTES = 80
HOLDS = f"block = b'x' * {MEGABYTES * 2**20}; print('ready', flush=True); input()"
NESTED = (
    "import subprocess, sys; "
    f"child = subprocess.Popen([sys.executable, '-c', {HOLDS!r}], stdin=0, stdout=1); child.wait()"
)

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="the system does not tell"
)


@pytest.mark.parametrize("program", [HOLDS, NESTED], ids=["itself", "its child"])
def test_memory_of_children_counts(program: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with PeakMemory(process.pid, "cpu") as memory:
        assert process.stdout is not None
        process.stdout.readline()
        held = tree_bytes(process.pid) or 0
        time.sleep(0.6)  # the watch looks four times a second
        process.communicate("\n")
    assert MEGABYTES * 2**20 < held < (MEGABYTES + 100) * 2**20
    assert memory.peak_bytes is not None
    assert memory.peak_bytes > MEGABYTES * 2**20


def test_a_process_that_is_gone_holds_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert tree_bytes(process.pid) == 0
    assert (tree_bytes(os.getpid()) or 0) > 0
