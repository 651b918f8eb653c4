from collections.abc import Iterator
from pathlib import Path

from foldwise.errors import StorageError
from foldwise.settings import Hardware
from foldwise.training.engine import PYTHON, Message, WorkerTask
from foldwise.training.local_engine import LocalEngine
from foldwise.training.worker_process import LocalProcess
from foldwise.tuning.jobs import TrialJob
from foldwise.tuning.workers import Workers


def test_a_worker_whose_words_are_no_json_counts_as_dead() -> None:
    # what a library prints before standard output is taken from it; a line that a kill cut off
    printing = [PYTHON, "-c", "print('a library says hello', flush=True); input()"]
    workers = Workers(LocalEngine(), Path(), Hardware(device="cpu"), 1, printing)
    workers.begin(0, TrialJob("t", {}, (0,)))
    heard = workers.hear(30)
    assert heard is not None
    assert heard.message is None
    assert workers.ended(0) != 0


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
            "state": "failed", "error": "StorageError", "complaints": ("no room", "nor there"),
        }
    }  # fmt: skip
    last = workers.hear(30)
    assert last is not None
    assert last.message is None
    workers.close()
