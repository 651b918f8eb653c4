"""Memory that is kept from step to step."""

import ctypes
import platform
import subprocess
import sys

import pytest

from foldwise.training import allocator

# faults of allocating, writing and freeing 32 MB ten times: 8,192 pages each time if given back
PROGRAM = """
import resource, sys
from foldwise.training.allocator import keep_freed_blocks
if sys.argv[1] == "kept":
    assert keep_freed_blocks()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
b'x' * 2**25
before = faults()
for _ in range(10):
    b'x' * 2**25
print(faults() - before)
"""


def page_faults(setting: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, setting], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_blocks_that_are_kept_are_not_faulted_in_again() -> None:
    # without the setting 4 KiB pages fault anew each time; with it, those of the first time only
    assert page_faults("kept") < page_faults("given back") / 5


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(ctypes, "CDLL", None)  # calling it would fail
    assert not allocator.keep_freed_blocks()
