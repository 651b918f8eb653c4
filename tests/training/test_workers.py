import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import FoldFailed, FoldwiseWarning
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.settings import Hardware
from foldwise.training.budget import TimeBudget
from foldwise.training.engine import WorkerTask
from foldwise.training.local_engine import LocalEngine
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest
from foldwise.training.worker_process import LocalProcess
from foldwise.training.workers import RunFiles, Workers
from tests.forked_workers import ForkedEngine
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings

TWO: dict[str, Any] = {
    "training": {"folds": 2, "epochs": 8.0, "checkpoint_seconds": 0.0, "batch_size": 4}
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


class Killer:
    """Kills the worker of one fold with SIGKILL, as often as told, once it is so far."""

    def __init__(self, run: Path, fold: int, step: int, kills: int) -> None:
        self.run, self.fold, self.step, self.left = run, fold, step, kills
        self._dead: set[int] = set()
        self._one_at_a_time = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        if (progress.fold, progress.phase) != (self.fold, "train") or progress.done < self.step:
            return
        with self._one_at_a_time:
            pid = int((self.run / f"fold-{self.fold}" / ".lock").read_text())
            if self.left and pid not in self._dead:  # what a dead one said may still be on its way
                self._dead.add(pid)
                self.left -= 1
                os.kill(pid, signal.SIGKILL)


class NoPlace(LocalEngine):
    """This machine, on which no worker can be begun."""

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> LocalProcess:  # noqa: ARG002
        raise FoldFailed(f"no place for fold {task.command[-1]}")


def events_of(run: Path, event: str, fold: int | None = None) -> list[dict[str, Any]]:
    folder = run if fold is None else run / f"fold-{fold}"
    return list(Journal(folder / "journal.jsonl").events(event))


def test_a_killed_worker_goes_on_from_its_checkpoint_and_the_other_is_left_alone(
    project: Project,
) -> None:
    one = RunRequest("one", tiny_settings(project, **TWO), workers=1)
    train_run(project, one, StopRequest())
    run = project.run("two")
    killer = Killer(run, fold=0, step=6, kills=1)

    request = replace(one, name="two", workers=2, engine=ForkedEngine())
    with pytest.warns(FoldwiseWarning, match=r"fold 0 died \(exit code -9; .* another one goes on"):
        state = train_run(project, request, StopRequest(), killer)

    assert (killer.left, state.missing, state.trained) == (0, (), 2)
    (died,) = events_of(run, "worker died")
    assert (died["fold"], died["exit_code"]) == (0, -signal.SIGKILL)
    (resumed,) = events_of(run, "resumed", fold=0)
    assert resumed["step"] >= 5  # it had told of step 6, and each step is saved before it is told
    assert events_of(run, "resumed", fold=1) == []  # the other was not begun anew
    assert results_of(run) == results_of(project.run("one"))


def test_a_worker_that_dies_twice_fails_its_fold_and_the_other_is_finished(
    project: Project,
) -> None:
    request = RunRequest("run", tiny_settings(project, **TWO), workers=2, engine=ForkedEngine())
    run = project.run("run")

    failed = pytest.raises(FoldFailed, match=r"the worker of fold 1 died 2 times \(exit code -9;")
    with pytest.warns(FoldwiseWarning, match="another one goes on") as told, failed:
        train_run(project, request, StopRequest(), Killer(run, fold=1, step=6, kills=2))
    ours = [warning for warning in told if warning.category is FoldwiseWarning]
    assert len(ours) == 1  # nobody goes on after the second time

    assert (run / "fold-0" / "result.json").is_file()
    assert not (run / "fold-1" / "result.json").exists()
    assert not (run / "scores.json").exists()
    # the same command trains what is missing, from where it was
    state = train_run(project, request, StopRequest())
    assert (state.missing, state.trained) == ((), 1)


def test_a_worker_that_cannot_be_begun_fails_its_own_fold_and_those_that_wait_are_tried(
    project: Project,
) -> None:
    run = RunFiles(project.root, "run", tiny_settings(project), None)
    workers = Workers(NoPlace(), run, 1, TimeBudget(None), lambda _progress: None, StopRequest())

    with pytest.raises(FoldFailed) as caught:
        workers.train((0, 1, 2))

    assert caught.value.complaints == tuple(f"no place for fold {fold}" for fold in range(3))
