"""Calls of the command line: in this process, or in one of its own that gets signals."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value; anything else there fails."""
        return json.loads(self.out)


Foldwise = Callable[..., Outcome]


def start(project: Path, *words: str) -> "subprocess.Popen[str]":
    """A process that runs `foldwise` with `words` in `project`."""
    return subprocess.Popen(
        [sys.executable, "-m", "foldwise", *words],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def run_python(project: Path, program: str, words: Sequence[str] = ()) -> Outcome:
    """What a Python program leaves behind, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)
