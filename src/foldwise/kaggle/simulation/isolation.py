"""How a kernel is kept from the machine: by namespaces of its own, or by what a user may do."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import foldwise
from foldwise.kaggle.simulation.job import Job

Isolation = Literal["namespaces", "folder"]
Heard = Callable[[dict[str, Any]], None]

UNSHARE = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--"]
GRACE_SECONDS = 60  # for the start of a process, and for a notebook that is being stopped
DESCRIBED: dict[Isolation, str] = {
    "namespaces": "own namespaces: mounts, network, processes",
    "folder": "a folder for /kaggle, rights, blocked sockets",
}


def isolation_here() -> Isolation:
    """The strongest that this machine and this user allow."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("unshare") is None:
        return "folder"
    done = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False)
    return "namespaces" if done.returncode == 0 else "folder"


def rights_bind() -> bool:
    """Whether this user is bound by the rights of files; root is not."""
    return os.geteuid() != 0


def run_isolated(job: Job, kind: Isolation, heard: Heard) -> str:
    """Run the job to its end in a process of its own; what it said on standard error.

    Args:
        job: what to run.
        kind: of isolation.
        heard: is told each event of the process.
    """
    module = "sandbox" if kind == "namespaces" else "session"
    command = [sys.executable, "-m", f"foldwise.kaggle.simulation.{module}", str(job.write())]
    with _process([*UNSHARE, *command] if kind == "namespaces" else command, job) as process:
        _listen(process, heard, time.monotonic() + job.seconds + 2 * GRACE_SECONDS)
    return job.path("errors.txt").read_text(encoding="utf-8", errors="replace")


@contextmanager
def _process(command: list[str], job: Job) -> Iterator["subprocess.Popen[str]"]:
    """The process of a job; it ends at the end, whatever happens here."""
    with job.path("errors.txt").open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,  # closed when this process ends, however it ends
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=job.folder,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for this process, which then ends that one
        )
        try:
            yield process
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    """Variables of the process that runs the notebook; the kernel's own are in the job."""
    own = str(Path(foldwise.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": own, "PYTHONUNBUFFERED": "1", "JUPYTER_PLATFORM_DIRS": "1"}


def _end(process: "subprocess.Popen[str]") -> None:
    if process.stdin is not None:
        process.stdin.close()  # asks it to stop its kernel
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # in namespaces, everything in them ends with it
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _listen(process: "subprocess.Popen[str]", heard: Heard, until: float) -> None:
    """Tell `heard` what the process says until it ends, or is stopped because time is up."""
    stop = threading.Timer(max(0.0, until - time.monotonic()), process.kill)
    stop.daemon = True
    stop.start()
    try:
        for line in process.stdout or ():
            heard(json.loads(line))
        process.wait()
    finally:
        stop.cancel()
