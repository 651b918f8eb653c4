"""Trains a tiny run in children that are killed with SIGKILL; started by test_kill.py.

One process imports torch, single-threaded, and forks a child for each attempt, so that an attempt
takes a fraction of a second. Arguments: the project's root, the run's name, how to kill, how
checkpoints are written ("aside": by a thread of their own, as on a GPU), and the settings that
differ, as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from foldwise.paths import Project
from foldwise.training import fold_training
from tests.training.tiny_runs import train_tiny

MOST_ATTEMPTS = 400
CHANGES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"}


def main(root: str, name: str, how: str, writing: str, changed: str) -> None:
    """Print how many children were killed before one finished the run."""
    torch.set_num_threads(1)
    if writing == "aside":
        vars(fold_training)["writes_aside"] = lambda _device: True
    project = Project(Path(root))
    # what torch and transformers import late is imported here, once, and not in every child
    settings: dict[str, Any] = json.loads(changed)
    train_tiny(project, f"{name}-before", **settings)
    for attempt in range(1, MOST_ATTEMPTS):
        child = os.fork()
        if child == 0:
            operation = attempt if how == "operations" else 0
            os._exit(_train(project, name, operation, settings))
        if how == "times":
            time.sleep(random.Random(attempt).uniform(0.0, 0.02 * attempt))  # noqa: S311
            os.kill(child, signal.SIGKILL)  # a child that has ended waits to be collected
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.stdout.write(json.dumps({"killed": attempt - 1, "code": os.WEXITSTATUS(status)}))
            return
    raise RuntimeError(f"not finished after {MOST_ATTEMPTS} attempts")


def _train(project: Project, name: str, operation: int, settings: dict[str, Any]) -> int:
    if operation:
        sys.addaudithook(_kill_before(operation, str(project.run(name))))
    train_tiny(project, name, **settings)
    return 0


def _kill_before(operation: int, folder: str) -> Callable[[str, tuple[Any, ...]], None]:
    """A hook that kills this process just before its n-th change to `folder`.

    https://docs.python.org/3/library/audit_events.html
    """
    seen = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        if event not in CHANGES or not str(arguments[0]).startswith(folder):
            return
        if event == "open" and not set(str(arguments[1])) & set("wax+"):
            return
        seen += 1
        if seen == operation:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


if __name__ == "__main__":
    main(*sys.argv[1:])
