import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from foldwise.competition.sources.staging import finish_interrupted, staged
from foldwise.errors import StorageError, UsageError
from foldwise.locks import only_driver_of


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


def fill(folder: Path, content: str) -> None:
    with staged(folder) as stage:
        (stage.files / "train.csv").write_text(content)
        (stage.files / "test.csv").write_text(content)
        (stage.scratch / "download.zip").write_text(content)


def fill_until(folder: Path, error: Exception) -> None:
    with staged(folder) as stage:
        (stage.files / "train.csv").write_text("new")
        raise error


def test_files_appear_together_and_scratch_does_not(tmp_path: Path) -> None:
    fill(tmp_path, "new")
    assert names(tmp_path) == {"train.csv", "test.csv"}
    fill(tmp_path, "newer")
    assert (tmp_path / "train.csv").read_text() == "newer"


def test_nothing_appears_before_the_stage_is_left(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        (stage.files / "train.csv").write_text("new")
        assert "train.csv" not in names(tmp_path)


def test_an_error_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    fill(tmp_path, "old")
    with pytest.raises(KeyError):
        fill_until(tmp_path, KeyError())
    assert names(tmp_path) == {"train.csv", "test.csv"}
    assert (tmp_path / "train.csv").read_text() == "old"


def test_a_full_disk_is_explained_and_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    fill(tmp_path, "old")
    with pytest.raises(StorageError, match="the disk is full"):
        fill_until(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert (tmp_path / "train.csv").read_text() == "old"


def killed_at_move(folder: Path, moved: int) -> None:
    """Fetch new files, and die after so many of them have been moved to their places."""
    move, left = Path.replace, [moved]

    def replace(source: Path, target: Path) -> Path:
        if source.parent.name == ".incoming":
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)
        return move(source, target)

    Path.replace = replace  # type: ignore[method-assign,assignment]  # in a process that dies
    fill(folder, "new")


@pytest.mark.parametrize("moved", [0, 1])
def test_a_kill_between_two_files_is_made_good_by_the_next_fetch(
    tmp_path: Path, moved: int
) -> None:
    fill(tmp_path, "old")
    process = multiprocessing.get_context("fork").Process(
        target=killed_at_move, args=(tmp_path, moved)
    )
    process.start()
    process.join()
    assert process.exitcode == 9
    assert finish_interrupted(tmp_path)
    assert {(tmp_path / name).read_text() for name in ("train.csv", "test.csv")} == {"new"}
    assert not finish_interrupted(tmp_path)
    fill(tmp_path, "newer")  # and clears what the killed process left
    assert names(tmp_path) == {"train.csv", "test.csv"}


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    with only_driver_of(tmp_path), pytest.raises(UsageError, match=f"process {os.getpid()}"):
        fill(tmp_path, "new")
