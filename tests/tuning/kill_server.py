"""Drives a study in children that are killed with SIGKILL, they or their worker; see test_kill.py.

One process imports everything once, and forks a child for each attempt, so that an attempt takes a
fraction of a second. Arguments: the project's root, how many trials, how many kills of each kind.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.storage import write_text
from tests.tuning.fake_worker import HOLD
from tests.tuning.tiny_studies import fake_worker, study_of

SECONDS = 0.06  # of a fold
DRIVER_SECONDS = 1.0  # a driver lives so long at most, once its worker was killed or spared
POLL_SECONDS = 0.02


def main(root: str, trials: str, kills: str) -> None:
    """Print how many drivers and workers were killed before the study ended."""
    project, wanted, drivers = Project(Path(root)), int(trials), int(kills)
    study_of(project, 1, name="before")  # what is imported late is imported here, once
    killed = {"driver": 0, "worker": 0}
    journal = Journal(project.run("words.tuning") / "journal.jsonl")
    for attempt in range(drivers):
        # the study comes this far in this attempt, however late the kills are on a busy machine
        held = min(attempt, wanted - 2)
        write_text(project.root / HOLD, str(held))
        begun = len(list(journal.events("begun")))
        child, chance = _driver(project, wanted), random.Random(attempt)  # noqa: S311
        if held % 2 == 0 and held == attempt:  # a second one in a trial would fail it
            _wait_for_trial(journal, begun, held)
            time.sleep(chance.uniform(0.0, 2 * SECONDS))
            killed["worker"] += _kill_worker(child)
        time.sleep(chance.uniform(0.0, DRIVER_SECONDS))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed["driver"] += os.WIFSIGNALED(status)
    write_text(project.root / HOLD, str(wanted))
    _, status = os.waitpid(_driver(project, wanted), 0)
    sys.stdout.write(json.dumps({**killed, "code": os.waitstatus_to_exitcode(status)}))


def _driver(project: Project, trials: int) -> int:
    """The process id of one that drives the study."""
    child = os.fork()
    if child == 0:
        study_of(project, trials, command=fake_worker(SECONDS))
        os._exit(0)
    return child


def _wait_for_trial(journal: Journal, seen: int, number: int) -> None:
    """Wait until it, or the one after it where it has ended, has begun after so many events."""
    while all(e["trial"] < number for e in list(journal.events("begun"))[seen:]):
        time.sleep(POLL_SECONDS)


def _kill_worker(driver: int) -> int:
    """How many workers were killed: one, as soon as there is one."""
    children = Path(f"/proc/{driver}/task/{driver}/children")
    while not (workers := children.read_text().split()):
        time.sleep(POLL_SECONDS)
    os.kill(int(workers[0]), signal.SIGKILL)
    return 1


if __name__ == "__main__":
    main(*sys.argv[1:])
