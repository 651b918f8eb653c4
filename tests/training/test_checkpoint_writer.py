import threading
import time
from pathlib import Path
from typing import Self

import pytest
import torch

from foldwise.errors import StorageError
from foldwise.journal import Journal
from foldwise.training import checkpoint_writer, fold_training
from foldwise.training.checkpoint import Checkpoint, newest_checkpoint, save_checkpoint
from foldwise.training.checkpoint_writer import CheckpointWriter, Snapshot, writes_aside
from tests.training.test_encoder_run import stopped_after
from tests.training.tiny_runs import results_of, tiny_project, train_tiny

AT_ONCE, ASIDE = False, True


def snapshot(step: int, value: torch.Tensor) -> Snapshot:
    return Snapshot(step, {"identity": "x"}, {"model": {"weight": value}})


def written(folder: Path) -> Checkpoint:
    checkpoint = newest_checkpoint(folder, Journal(folder / "journal.jsonl"))
    assert checkpoint is not None
    return checkpoint


def test_a_gpu_trains_while_a_checkpoint_is_written_and_a_cpu_does_not() -> None:
    assert writes_aside(torch.device("cuda"))
    assert not writes_aside(torch.device("cpu"))


@pytest.mark.parametrize("aside", [AT_ONCE, ASIDE])
def test_what_was_begun_is_on_the_disk_when_the_writer_is_left(tmp_path: Path, aside: bool) -> None:
    with CheckpointWriter(tmp_path, aside=aside) as writer:
        for step in (1, 2, 3):
            writer.write(snapshot(step, torch.full((3,), float(step))))
    assert written(tmp_path).step == 3
    assert written(tmp_path).tensors("model")["weight"].tolist() == [3.0, 3.0, 3.0]


def test_training_goes_on_and_what_it_changes_is_not_in_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = threading.Event()

    def late(*arguments: object) -> object:
        assert changed.wait(timeout=60)
        return save_checkpoint(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(checkpoint_writer, "save_checkpoint", late)
    weight = torch.ones(3)
    with CheckpointWriter(tmp_path, aside=True) as writer:
        writer.write(snapshot(1, weight))
        weight.zero_()
        changed.set()
    assert written(tmp_path).tensors("model")["weight"].tolist() == [1.0, 1.0, 1.0]


def test_it_says_how_long_the_whole_writing_took_and_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()

    def slow(*_: object) -> None:
        assert may_end.wait(timeout=60)
        time.sleep(0.05)

    monkeypatch.setattr(checkpoint_writer, "save_checkpoint", slow)
    with CheckpointWriter(tmp_path, aside=True) as writer:
        writer.write(snapshot(1, torch.ones(1)))
        assert (writer.is_writing, writer.seconds) == (True, 0.0)
        may_end.set()
    assert not writer.is_writing
    assert writer.seconds >= 0.05  # and not the moment that the copy takes


def test_without_room_for_a_copy_it_is_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = torch.ones(100)
    for free, at_once in ((4 * value.nbytes, False), (4 * value.nbytes - 1, True)):
        monkeypatch.setattr(checkpoint_writer, "free_host_bytes", lambda free=free: free)
        writers: list[threading.Thread] = []
        monkeypatch.setattr(
            checkpoint_writer,
            "save_checkpoint",
            lambda *_, seen=writers: seen.append(threading.current_thread()),
        )
        with CheckpointWriter(tmp_path, aside=True) as writer:
            writer.write(snapshot(1, value))
        assert (writers == [threading.main_thread()]) is at_once


@pytest.mark.parametrize("aside", [AT_ONCE, ASIDE])
def test_a_full_disk_is_raised_and_not_hidden_by_another_end_of_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aside: bool
) -> None:
    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(checkpoint_writer, "save_checkpoint", full)

    def stopped() -> None:
        with CheckpointWriter(tmp_path, aside=aside) as writer:
            writer.write(snapshot(1, torch.ones(1)))
            raise KeyboardInterrupt

    # "everything is saved" would be said of it otherwise
    with pytest.raises(StorageError, match="the disk is full"):
        stopped()


def test_a_run_whose_checkpoints_are_written_aside_stops_and_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tiny_project(tmp_path)
    whole = train_tiny(project, "whole")
    monkeypatch.setattr(fold_training, "writes_aside", lambda _device: True)

    stopped_after(project, "stopped", 7)
    # what the message says was saved is there, with the very step that the signal met
    assert written(project.run("stopped") / "fold-0").step == 7
    state = train_tiny(project, "stopped")

    assert results_of(state.folder) == results_of(whole.folder)


@pytest.mark.parametrize(
    ("seconds", "is_writing", "saves"),
    [
        (0.0, False, True),
        (3600.0, False, False),  # after an hour of writing training goes on for twenty
        (0.0, True, False),
    ],
)
def test_the_next_checkpoint_waits_for_the_last_one_and_for_what_it_took(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    is_writing: bool,
    saves: bool,
) -> None:
    written: list[int] = []

    class Writer(CheckpointWriter):
        def write(self, snapshot: Snapshot) -> None:
            written.append(snapshot.step)
            self.seconds = seconds

        @property
        def is_writing(self) -> bool:
            return is_writing

        def __enter__(self) -> Self:
            self.seconds = seconds
            return self

    monkeypatch.setattr(fold_training, "CheckpointWriter", Writer)
    train_tiny(tiny_project(tmp_path), "run", training={"checkpoint_seconds": 1e-6, "folds": 2})
    assert bool(written) is saves
