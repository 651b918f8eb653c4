from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.journal import Journal
from tests.full_disk import run_on_full_disk


def test_events_are_read_in_the_order_they_were_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "run" / "journal.jsonl")
    journal.write("look", step=1, score=0.5)
    journal.write("saved", step=2)
    journal.write("look", step=3, score=None)
    assert [event["step"] for event in journal.events()] == [1, 2, 3]
    assert [event["score"] for event in journal.events("look")] == [0.5, None]


def test_each_event_has_its_time_in_utc(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write("begun")
    (event,) = journal.events()
    age = datetime.now(UTC) - datetime.fromisoformat(event["time"])
    assert 0 <= age.total_seconds() < 60


def test_a_journal_that_was_never_written_has_no_events(tmp_path: Path) -> None:
    assert list(Journal(tmp_path / "journal.jsonl").events()) == []


@given(cut=st.integers(min_value=1, max_value=200))
def test_a_line_torn_anywhere_is_skipped_and_the_next_one_is_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "journal.jsonl"
    journal = Journal(path)
    journal.write("first", text="ä\n")
    journal.write("second", text="😀" * 5)
    data = path.read_bytes()
    first = data.index(b"\n") + 1
    path.write_bytes(data[: max(first, len(data) - cut)])  # the kill came while writing the second

    journal.write("third")

    events = [event["event"] for event in journal.events()]
    # the last line is whole without its newline
    assert events in (["first", "third"], ["first", "second", "third"])
    assert ("second" in events) == (cut <= 1)


@pytest.mark.parametrize("junk", [b"\x00" * 20, b"\xff\xfe\xff", b"[1]\n", b"7\n", b"\n\n"])
def test_what_is_no_record_is_skipped(tmp_path: Path, junk: bytes) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write("first")
    with journal.path.open("ab") as file:
        file.write(junk)
    journal.write("second")
    assert [event["event"] for event in journal.events()] == ["first", "second"]


def test_writing_never_changes_what_stands_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write("first")
    before = journal.path.read_bytes()
    journal.write("second")
    assert journal.path.read_bytes().startswith(before)


def test_a_full_disk_is_a_storage_error_and_the_events_before_stay(tmp_path: Path) -> None:
    outcome = run_on_full_disk(
        tmp_path,
        """
        import json
        from pathlib import Path
        from foldwise.errors import StorageError
        from foldwise.journal import Journal

        journal = Journal(Path("journal.jsonl").absolute())
        try:
            for number in range(100):
                journal.write("event", number=number, text="x" * 10_000)
        except StorageError as error:
            print(json.dumps([number, [e["number"] for e in journal.events()], str(error)]))
        """,
        size="100k",
    )
    failed, numbers, message = outcome
    assert numbers == list(range(failed))
    assert failed > 1
    assert message.startswith("the disk is full: writing")


def test_a_folder_in_its_place_is_no_disk_error(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(IsADirectoryError):
        Journal(tmp_path / "journal.jsonl").write("x")
