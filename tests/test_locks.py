import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.locks import holder_of, only_driver_of

HOLDER = """
import sys, time
from pathlib import Path
from foldwise.locks import only_driver_of

with only_driver_of(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(folder: Path) -> "subprocess.Popen[str]":
    """A second process that holds `folder` until its standard input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_driver_is_told_the_pid_of_the_first(tmp_path: Path) -> None:
    with start_holder(tmp_path / "run") as holder:
        with pytest.raises(UsageError) as caught, only_driver_of(tmp_path / "run"):
            pass
        assert str(caught.value) == (
            f"one driver per run: {tmp_path / 'run'} is in use by process {holder.pid}; "
            f"wait for it, or stop it with: kill {holder.pid}"
        )
        holder.kill()


def test_a_killed_holder_leaves_no_stale_lock(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
    with only_driver_of(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_the_lock_is_free_after_use_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError), only_driver_of(tmp_path):
            raise RuntimeError
    with only_driver_of(tmp_path):
        pass


def test_two_holders_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    with only_driver_of(tmp_path):
        with pytest.raises(UsageError, match=f"process {os.getpid()};"), only_driver_of(tmp_path):
            pass
        # the refusal took nothing away from the holder
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_folders_do_not_exclude_each_other(tmp_path: Path) -> None:
    with only_driver_of(tmp_path / "a"), only_driver_of(tmp_path / "b"):
        held = [(tmp_path / name / ".lock").read_text() for name in ("a", "b")]
    assert held == [str(os.getpid())] * 2


def test_a_child_process_does_not_keep_the_lock_of_its_dead_parent(tmp_path: Path) -> None:
    with only_driver_of(tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
        )
    with child, only_driver_of(tmp_path):
        assert child.poll() is None  # the child is alive, and the lock was free all the same
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_who_holds_a_folder_is_known_without_holding_it(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert holder_of(folder) is None
    with start_holder(folder) as holder:
        assert holder_of(folder) == str(holder.pid)
    assert holder_of(folder) is None
    with only_driver_of(folder):
        assert holder_of(folder) == str(os.getpid())
