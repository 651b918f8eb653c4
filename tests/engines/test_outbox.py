import itertools
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foldwise.engines.inbox import Inbox
from foldwise.engines.outbox import HELD, Outbox
from foldwise.engines.parcels import PIECE_BYTES, Begun, Ended, Event, Gone, Left, Packed, Piece
from foldwise.errors import StorageError
from foldwise.training.checkpoint import KEPT
from foldwise.training.checkpoint_folders import checkpoint_folders, checkpoint_step
from foldwise.training.fold_result import finished_outcome, write_outcome
from tests.engines.fold_folders import FOLD, checkpoint, contents
from tests.training.test_fold_result import OUTCOME


def test_what_is_written_arrives_and_what_is_deleted_goes(there: Path, here: Path) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])

    def sync() -> None:
        for event in outbox.changes():
            inbox.take(event)
        assert contents(here) == contents(there)

    (there / FOLD / "journal.jsonl").write_text("one\n")
    old = checkpoint(there, 1)
    sync()
    with (there / FOLD / "journal.jsonl").open("a") as file:
        file.write("two\n")
    checkpoint(there, 2)
    for path in old.iterdir():
        path.unlink()
    old.rmdir()
    (there / FOLD / "large").write_bytes(bytes(2 * PIECE_BYTES + 1))
    (there / FOLD / "empty").write_bytes(b"")
    sync()
    assert not (here / FOLD / old.name).exists()
    assert list(outbox.changes()) == []


def test_what_was_there_before_is_not_sent_back(there: Path) -> None:
    checkpoint(there, 7)
    outbox = Outbox(there)
    outbox.watch([FOLD])
    assert list(outbox.changes()) == []


def cut_off(events: Iterator[Event], kind: type[Event], number: int) -> Iterator[Event]:
    """The events before the n-th of a kind, where the sender's machine is lost."""
    for event in events:
        number -= isinstance(event, kind)
        if number < 0:
            return
        yield event


@pytest.mark.parametrize("kind", [Begun, Piece, Ended, Packed])
@pytest.mark.parametrize("number", [0, 1])
def test_a_checkpoint_arrives_whole_or_not_at_all(
    there: Path, here: Path, kind: type[Event], number: int
) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    checkpoint(there, 1)
    for event in outbox.changes():
        inbox.take(event)
    before = contents(here)
    checkpoint(there, 2)
    for event in cut_off(outbox.changes(), kind, number if kind is not Packed else 0):
        inbox.take(event)
    inbox.discard()
    assert contents(here) == before
    assert list(here.rglob("*.tmp")) == []
    # what the next worker sends takes its place
    for event in Outbox(there, [FOLD]).changes():
        inbox.take(event)
    assert contents(here) == contents(there)


def test_a_checkpoint_that_is_deleted_while_it_is_sent_arrives(there: Path, here: Path) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    folder = checkpoint(there, 1)
    whole = contents(there)
    for event in outbox.changes():
        inbox.take(event)
        shutil.rmtree(folder, ignore_errors=True)
    assert contents(here) == whole
    assert contents(there) == {}
    assert not (there / HELD).exists()


def test_a_file_that_is_deleted_while_others_are_sent_is_left_out(there: Path, here: Path) -> None:
    outbox, inbox = Outbox(there, [FOLD]), Inbox(here, [FOLD])
    for name in ("a.csv", "b.csv"):
        (there / FOLD / name).write_text(name)
    for event in outbox.changes():
        inbox.take(event)
        (there / FOLD / "b.csv").unlink(missing_ok=True)
    assert contents(here) == {f"{FOLD}/a.csv": b"a.csv"}


class Writer:
    """A fold's worker, as fast as can be: it writes checkpoints whenever it is let to."""

    def __init__(self, root: Path, steps: Iterator[int]) -> None:
        self._root, self._steps, self.step = root, steps, 0

    def go_on(self) -> None:
        for _ in range(next(self._steps, 0)):
            self.step += 1
            checkpoint(self._root, self.step)
            for old in checkpoint_folders(self._root / FOLD)[:-KEPT]:
                shutil.rmtree(old)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=30, max_size=100))
def test_the_taker_has_a_whole_checkpoint_at_any_moment_however_fast_they_are_written(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    root = tmp_path_factory.mktemp("machines")
    there, here = root / "there", root / "here"
    (there / FOLD).mkdir(parents=True)
    outbox, inbox = Outbox(there, [FOLD]), Inbox(here, [FOLD])
    writer, newest = Writer(there, iter(steps)), 0
    scan = os.scandir

    def meanwhile(path: Any) -> Any:
        if not isinstance(path, int) and Path(path).is_relative_to(there / FOLD):
            with pytest.MonkeyPatch.context() as unpatched:
                unpatched.setattr(os, "scandir", scan)
                writer.go_on()
        return scan(path)

    for _ in range(8):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "scandir", meanwhile)
            for event in outbox.changes():
                inbox.take(event)
                writer.go_on()
                arrived = checkpoint_folders(here / FOLD)
                assert newest == 0 or arrived
                for folder in arrived:
                    text = (folder / "model.safetensors").read_text()
                    assert text == f"weights {checkpoint_step(folder)}"
                    assert (folder / "manifest.json").is_file()
                newest = max([newest, *map(checkpoint_step, arrived)])
    for event in outbox.changes():
        inbox.take(event)
    assert contents(here) == contents(there)


def test_checkpoints_that_are_written_faster_than_they_travel_arrive(
    there: Path, here: Path
) -> None:
    outbox, inbox = Outbox(there, [FOLD]), Inbox(here, [FOLD])
    writer = Writer(there, itertools.repeat(1))
    for _ in range(5):
        writer.go_on()
        before = writer.step
        for event in outbox.changes():
            inbox.take(event)
            writer.go_on()
        assert [checkpoint_step(folder) for folder in checkpoint_folders(here / FOLD)][-1] == before
        assert writer.step > before + KEPT


def test_a_fold_is_finished_or_not_wherever_its_machine_is_lost(there: Path, here: Path) -> None:
    outbox = Outbox(there)
    outbox.watch([FOLD])
    (there / FOLD / "model.bin").write_bytes(b"weights")
    write_outcome(there / FOLD, OUTCOME, ["model.bin"])
    events = list(outbox.changes())
    found = []
    for count in range(len(events) + 1):
        root = here / str(count)
        inbox = Inbox(root, [FOLD])
        for event in events[:count]:
            inbox.take(event)
        inbox.discard()
        found.append(finished_outcome(root / FOLD) is not None)
    assert found == [False] * len(events) + [True]


@pytest.mark.parametrize("deleted", ["manifest.json", "model.safetensors"])
def test_a_checkpoint_that_is_deleted_in_part_stays_as_it_was_until_it_is_gone(
    there: Path, here: Path, deleted: str
) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    folder = checkpoint(there, 1)
    for event in outbox.changes():
        inbox.take(event)
    whole = contents(here)
    (folder / deleted).unlink()
    assert list(outbox.changes()) == []
    assert contents(here) == whole

    shutil.rmtree(folder)
    assert list(outbox.changes()) == []


@pytest.mark.parametrize("after", ["ckpt-00000002", "result.json"])
def test_a_checkpoint_goes_once_what_comes_after_it_has_arrived(
    there: Path, here: Path, after: str
) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    old = checkpoint(there, 1)
    for event in outbox.changes():
        inbox.take(event)
    shutil.rmtree(old)
    if after == "result.json":
        (there / FOLD / after).write_text("{}")
    else:
        checkpoint(there, 2)
    events = list(outbox.changes())
    assert events[-2:] == [Packed(f"{FOLD}/{after}", whole=True), Gone(f"{FOLD}/{old.name}")]


def test_a_folder_that_was_left_may_go_and_nothing_of_it_is_taken_any_more(
    there: Path, here: Path
) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    (there / FOLD / "result.json").write_text("{}")
    for event in outbox.changes():
        inbox.take(event)
    whole, other = contents(here), Path("runs/other")

    assert outbox.leave() == [FOLD]
    shutil.rmtree(there / FOLD)
    (there / other).mkdir()
    outbox.watch([other])
    inbox.watch([other])
    (there / other / "journal.jsonl").write_text("one\n")
    for event in outbox.changes():
        inbox.take(event)
    # what arrived stays, the other folder's files arrive
    assert contents(here) == {**whole, **contents(there)}
    with pytest.raises(StorageError, match="a worker writes only in its own folders"):
        inbox.take(Gone(f"{FOLD}/result.json"))


def test_a_folder_that_is_left_and_watched_again_is_taken(there: Path, here: Path) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    outbox.leave()
    outbox.watch([FOLD])
    (there / FOLD / "journal.jsonl").write_text("one\n")
    for event in outbox.changes():
        inbox.take(event)
    assert contents(here) == contents(there)


def test_folders_are_not_left_in_the_middle_of_a_file(there: Path) -> None:
    outbox = Outbox(there, [FOLD])
    (there / FOLD / "model.bin").write_bytes(b"weights")
    events = outbox.changes()
    assert next(events) == Begun(f"{FOLD}/model.bin")
    leaving = threading.Thread(target=outbox.leave)
    leaving.start()
    leaving.join(0.05)
    assert leaving.is_alive()
    assert [type(event) for event in events] == [Piece, Ended, Packed]
    leaving.join(10)
    assert [type(event) for event in outbox.changes()] == [Left]
