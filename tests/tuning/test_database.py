"""What becomes of a study's file that SQLite cannot use."""

import sqlite3
from pathlib import Path

import pytest

from foldwise.errors import StorageError
from foldwise.tuning import database
from foldwise.tuning.database import create_study_file, open_study, study_file_explained


def test_a_damaged_file_is_refused_with_what_sqlite_says(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    path.write_bytes(b"no database, but long enough to be read as one" * 99)
    said = r"file is not a database.*restore it"
    with pytest.raises(StorageError, match=said), study_file_explained(path):
        open_study(path)


def test_an_empty_file_is_no_study(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    path.touch()
    with pytest.raises(StorageError, match=r"study\.db cannot be read or written"):
        open_study(path)


def test_a_file_that_another_program_holds_or_that_is_full_ends_the_command_not_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SECONDS", 0)
    path = tmp_path / "study.db"
    create_study_file(path, "minimize", {"data": "1"}, {"x": 1.0})
    study = open_study(path)
    holder = sqlite3.connect(path)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="database is locked"), study_file_explained(path):
        study.ask()
    holder.rollback()
    holder.execute("CREATE TRIGGER full BEFORE INSERT ON trials BEGIN "
                   "SELECT RAISE(ABORT, 'database or disk is full'); END")  # fmt: skip
    holder.commit()
    with pytest.raises(StorageError, match="disk is full"), study_file_explained(path):
        study.enqueue_trial({"x": 2.0})
    holder.execute("DROP TRIGGER full")
    holder.commit()
    holder.close()
    assert open_study(path).ask().suggest_float("x", 0, 2) == 1.0  # nothing was lost
