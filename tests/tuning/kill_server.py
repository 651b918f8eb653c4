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
from itertools import count
from pathlib import Path

from foldwise.journal import Journal
from foldwise.paths import Project
from tests.tuning.tiny_studies import fake_worker, study_of

SECONDS = 0.06  # of a fold
POLL_SECONDS = 0.02


def main(root: str, trials: str, kills: str) -> None:
    """Print how many drivers and workers were killed before the study ended."""
    project, wanted = Project(Path(root)), int(trials)
    study_of(project, 1, name="before")  # what is imported late is imported here, once
    killed = {"driver": 0, "worker": 0}
    spared: set[int] = set()  # trials in which a worker was killed: another would fail them
    journal = Journal(project.run("words.tuning") / "journal.jsonl")
    for attempt in count():
        chance = random.Random(attempt)  # noqa: S311
        child = os.fork()
        if child == 0:
            study_of(project, wanted, command=fake_worker(SECONDS))
            os._exit(0)
        if killed["worker"] < int(kills):
            _wait_for(journal, chance.randint(1, 3), child)
            time.sleep(chance.uniform(0.0, 2 * SECONDS))
            killed["worker"] += _kill_worker(journal, child, spared)
        if killed["driver"] < int(kills):
            _wait_for(journal, chance.randint(0, 2), child)
            time.sleep(chance.uniform(0.0, 2 * SECONDS))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed["driver"] += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status):
            sys.stdout.write(json.dumps({**killed, "code": os.WEXITSTATUS(status)}))
            return


def _wait_for(journal: Journal, events: int, child: int) -> None:
    """Wait until so many more events are noted, or the child has ended."""
    before = len(list(journal.events()))
    while len(list(journal.events())) < before + events and _is_alive(child):
        time.sleep(POLL_SECONDS)


def _is_alive(child: int) -> bool:
    """Whether it has not ended; it stays to be collected."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, child, flags) is None


def _kill_worker(journal: Journal, driver: int, spared: set[int]) -> int:
    """How many workers were killed: one, or none where there is none, or its trial had its turn."""
    path = Path(f"/proc/{driver}/task/{driver}/children")
    workers = path.read_text().split() if path.exists() else []
    begun = list(journal.events("begun"))
    if not workers or not begun or begun[-1]["trial"] in spared:
        return 0
    spared.add(begun[-1]["trial"])
    spared.add(begun[-1]["trial"] + 1)  # which may have begun in between
    try:
        os.kill(int(workers[0]), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


if __name__ == "__main__":
    main(*sys.argv[1:])
