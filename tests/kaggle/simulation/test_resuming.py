"""A session that went on, and sessions that only say so."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from foldwise.journal import Journal
from foldwise.kaggle.simulation.resuming import left_something, resuming_checks

RESUMED = {"resumed_from": {"a-run": "notebooks/me/a-run"}}


def fold(working: Path, number: int) -> Path:
    folder = working / "runs" / "a-run" / f"fold-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The working folder of a session that finished fold 0 and saved fold 1."""
    (fold(tmp_path / "1", 0) / "result.json").write_text("12.5 s")
    (fold(tmp_path / "1", 1) / "ckpt-00000020").mkdir()
    return tmp_path / "1"


@pytest.fixture
def after(tmp_path: Path) -> Path:
    """That of the session after it, which went on from there."""
    (fold(tmp_path / "2", 0) / "result.json").write_text("12.5 s")
    (fold(tmp_path / "2", 1) / "result.json").write_text("30.1 s")
    Journal(fold(tmp_path / "2", 1) / "journal.jsonl").write("resumed", step=20)
    return tmp_path / "2"


def failed(before: Path, after: Path, report: Mapping[str, object]) -> list[str]:
    return [check.what for check in resuming_checks(2, before, after, report) if not check.holds]


def test_a_session_that_uses_all_that_was_left_went_on(before: Path, after: Path) -> None:
    assert failed(before, after, RESUMED) == []


def test_a_session_that_does_not_say_so_did_not_go_on(before: Path, after: Path) -> None:
    assert failed(before, after, {}) == ["session 2 goes on from session 1"]


def test_a_fold_that_was_trained_again_tells_by_its_seconds(before: Path, after: Path) -> None:
    (fold(after, 0) / "result.json").write_text("12.6 s")
    assert failed(before, after, RESUMED) == ["session 2 keeps finished folds"]


def test_a_checkpoint_that_was_not_used_tells_by_the_journal(before: Path, after: Path) -> None:
    Journal(fold(before, 1) / "journal.jsonl").write("resumed", step=10)  # and not once more
    assert failed(before, after, RESUMED) == ["session 2 goes on from checkpoints"]


def test_half_a_checkpoint_is_nothing_to_go_on_from(before: Path, tmp_path: Path) -> None:
    assert left_something(before)
    for name in ("ckpt-00000020.tmp", "ckpt-00000020.damaged", "ckpt-20"):
        (fold(tmp_path / "3", 0) / name).mkdir()
    assert not left_something(tmp_path / "3")
