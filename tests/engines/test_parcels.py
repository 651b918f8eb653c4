import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foldwise.engines.parcels import (
    PIECE_BYTES,
    Begun,
    Ended,
    Event,
    Gone,
    Inbox,
    Left,
    Outbox,
    Packed,
    Piece,
    files_in,
)
from foldwise.errors import StorageError
from foldwise.training.fold_result import finished_outcome, write_outcome
from tests.training.test_fold_result import OUTCOME

FOLD = Path("runs/r/fold-0")


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The root on the worker's machine."""
    (tmp_path / "there" / FOLD).mkdir(parents=True)
    return tmp_path / "there"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The root on the driver's machine."""
    return tmp_path / "here"


def checkpoint(root: Path, step: int, text: str = "weights") -> Path:
    folder = root / FOLD / f"ckpt-{step:08d}"
    folder.mkdir()
    (folder / "model.safetensors").write_text(f"{text} {step}")
    (folder / "manifest.json").write_text(json.dumps({"files": {"model.safetensors": step}}))
    return folder


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


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


def test_hidden_and_half_written_files_stay(there: Path) -> None:
    for name in (".lock", ".result.json.1a2b.tmp", "ckpt-00000003.tmp/model.safetensors"):
        path = there / FOLD / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
    assert files_in(there, [FOLD]) == {}


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


def test_a_checkpoint_that_is_deleted_while_it_is_sent_is_left_out(there: Path, here: Path) -> None:
    outbox, inbox = Outbox(there), Inbox(here, [FOLD])
    outbox.watch([FOLD])
    folder = checkpoint(there, 1)
    for event in outbox.changes():
        inbox.take(event)
        (folder / "model.safetensors").unlink(missing_ok=True)
    assert contents(here) == {}
    assert list(here.rglob("*.tmp")) == []


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
    assert list(outbox.changes()) == [Gone(folder.relative_to(there).as_posix())]


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


def test_a_folder_that_is_renamed_while_it_is_looked_through_ends_nothing(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (there / FOLD / "journal.jsonl").write_text("one\n")
    folder = checkpoint(there, 1)
    scan = os.scandir

    def renamed(path: Any) -> Any:
        if Path(path) == folder and folder.is_dir():
            folder.rename(folder.with_name("elsewhere.tmp"))
        return scan(path)

    monkeypatch.setattr(os, "scandir", renamed)
    assert list(files_in(there, [FOLD])) == [f"{FOLD}/journal.jsonl"]


def test_bytes_that_are_not_those_sent_are_refused(here: Path) -> None:
    inbox = Inbox(here, [FOLD])
    path = f"{FOLD}/test.csv"
    for event in (Begun(path), Piece(b"id,target\n")):
        inbox.take(event)
    with pytest.raises(StorageError, match="differs from what was sent"):
        inbox.take(Ended("0" * 64))
    assert not (here / path).exists()


@pytest.mark.parametrize(
    "path", ["runs/r/fold-1/x", "runs/r/fold-0/../../../x", "/etc/x", "runs/r/fold-00/x", "x"]
)
def test_a_worker_writes_nowhere_but_in_its_own_folders(here: Path, path: str) -> None:
    inbox = Inbox(here, [FOLD])
    for event in (Begun(path), Packed(path, whole=True), Gone(path)):
        with pytest.raises(StorageError, match="a worker writes only in its own folders"):
            inbox.take(event)
