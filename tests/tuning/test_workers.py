from collections.abc import Iterator
from pathlib import Path

import pytest

from foldwise.errors import StorageError
from foldwise.settings import Hardware
from foldwise.training.engine import PYTHON, Message, WorkerTask
from foldwise.training.local_engine import LocalEngine
from foldwise.training.worker_process import LocalProcess
from foldwise.tuning.jobs import TrialJob
from foldwise.tuning.workers import Workers
from tests.tuning.fake_cluster import FakeCluster

JOB = TrialJob("t", {"kind": "tfidf", "competition": "c"}, (0,))


def test_a_worker_whose_words_are_no_json_counts_as_dead() -> None:
    # what a library prints before standard output is taken from it; a line that a kill cut off
    printing = [PYTHON, "-c", "print('hello', flush=True); import time; time.sleep(60)"]
    workers = Workers(LocalEngine(), Path(), Hardware(device="cpu"), 1, printing)
    workers.begin(0, TrialJob("t", {}, (0,)))
    heard = workers.hear(30)
    assert heard is not None
    assert heard.message is None
    assert workers.ended(0).exit_code != 0


class FullDisk(LocalEngine):
    """This machine, whose disk is full when a worker's files arrive."""

    def start(self, task: WorkerTask, slot: int, hardware: Hardware) -> LocalProcess:  # noqa: ARG002
        class Worker(LocalProcess):
            def messages(self) -> Iterator[Message]:
                yield from ()
                raise StorageError("no room", "nor there")

        return Worker(task.command_at(task.root), {})


def test_what_the_engine_fails_at_is_told_as_what_it_is_and_not_as_a_death() -> None:
    workers = Workers(FullDisk(), Path(), Hardware(device="cpu"), 1, [PYTHON, "-c", "input()"])
    workers.begin(0, TrialJob("t", {}, (0,)))
    heard = workers.hear(30)
    assert heard is not None
    assert heard.message == {
        "ended": {
            "state": "stopped", "error": "StorageError", "complaints": ("no room", "nor there"),
        }
    }  # fmt: skip
    last = workers.hear(30)
    assert last is not None
    assert last.message is None
    workers.close()


def on_cluster(cluster: FakeCluster, count: int) -> Workers:
    sleeping = [PYTHON, "-c", "import time; time.sleep(60)"]
    return Workers(cluster, Path(), Hardware(device="cpu"), count, sleeping)


def test_who_waits_for_a_lost_machine_is_withdrawn_once_that_is_known() -> None:
    cluster = FakeCluster(2)
    workers = on_cluster(cluster, 2)
    workers.begin(0, JOB)
    cluster.wait_for_free(1)
    cluster.machines = 1  # a machine is lost, and nobody has noticed
    assert workers.has_place(1)
    workers.begin(1, JOB)  # the driver does not wait here
    workers.withdraw()
    assert workers.hear(0.1) is None
    cluster.counted = 1
    workers.withdraw()
    heard = workers.hear(30)
    assert heard is not None
    assert (heard.slot, heard.message) == (1, None)
    assert not workers.ended(1).had_machine
    assert (workers.has_place(0), workers.has_place(1)) == (True, False)
    workers.close()


def test_what_cannot_be_brought_ends_the_study_and_no_trial_has_failed() -> None:
    cluster = FakeCluster(1)
    cluster.fault = StorageError("the disk there is full")
    workers = on_cluster(cluster, 1)
    workers.begin(0, JOB)
    heard = workers.hear(30)
    assert heard is not None
    assert heard.message == {
        "ended": {
            "state": "stopped", "error": "StorageError", "complaints": ("the disk there is full",),
        }
    }  # fmt: skip
    cluster.fault = FileNotFoundError("train.csv")
    workers.begin(0, JOB)
    with pytest.raises(FileNotFoundError, match=r"train\.csv"):  # a bug: with its frames
        workers.hear(30)
    workers.close()
