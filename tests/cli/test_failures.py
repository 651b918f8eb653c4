"""What stops a command, as an error its user can act on."""

import errno
import signal
import threading

import pytest

from foldwise.cli.failures import explained, interrupted, sigterm_raised
from foldwise.errors import DataError, Interrupted, StorageError, UsageError
from foldwise.paths import Project
from tests.cli.calling import Foldwise


def test_an_error_of_ours_explains_itself() -> None:
    error = DataError("wrong")
    assert explained(error) is error


def test_a_folder_without_rights_is_named_with_what_to_do() -> None:
    failure = explained(PermissionError(errno.EACCES, "Permission denied", "/runs/a"))
    assert isinstance(failure, StorageError)
    assert str(failure) == (
        "/runs/a cannot be read or written: Permission denied; change its rights, or work in a "
        "folder of your own, then run the same command again"
    )


def test_a_full_disk_is_told_even_where_the_file_is_unknown() -> None:
    failure = explained(OSError(errno.ENOSPC, "No space left on device"))
    assert isinstance(failure, StorageError)
    assert "a file cannot be read or written: No space left on device; free some" in str(failure)


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    failure = explained(ModuleNotFoundError("No module named 'torch'", name="torch.nn"))
    assert isinstance(failure, UsageError)
    assert "needs the package torch" in str(failure)
    assert "pip install -r requirements.txt" in str(failure)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        ConnectionResetError(errno.ECONNRESET, "reset"),  # about no file
        ModuleNotFoundError("no part of ours", name="foldwise.nowhere"),
    ],
)
def test_a_bug_is_not_explained_away(error: Exception) -> None:
    assert explained(error) is None


def test_a_signal_decides_the_exit_code() -> None:
    assert interrupted(signal.SIGINT).exit_code == 130
    assert interrupted(signal.SIGTERM).exit_code == 143
    assert "stopped by SIGTERM" in str(interrupted(signal.SIGTERM))


def test_sigterm_leaves_a_command_and_is_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted), sigterm_raised():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_thread_cannot_catch_signals_and_does_not_try() -> None:
    entered: list[bool] = []

    def enter() -> None:
        with sigterm_raised():
            entered.append(True)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert entered == [True]


WITH_A_RUN = [
    ["predict", "wrods", "a film"],
    ["report", "wrods"],
    ["compare", "wrods", "both"],
    ["compare", "both", "wrods"],
    ["ensemble", "wrods", "letters", "--method", "mean", "--name", "new"],
    ["submit", "wrods"],
    ["kernel", "build", "wrods"],
]
TO_TRAIN = [["kernel", "build", "wrods", "--train"], ["train", "wrods"], ["run", "wrods"]]


@pytest.mark.parametrize("words", [*WITH_A_RUN, *TO_TRAIN], ids=" ".join)
def test_an_unknown_name_is_the_same_mistake_in_every_command(
    words: list[str], project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*words)
    assert done.code == 2
    assert "did you mean 'words'?" in done.err


@pytest.mark.parametrize("words", WITH_A_RUN, ids=" ".join)
def test_a_run_that_has_not_finished_is_the_same_in_every_command(
    words: list[str], project: Project, foldwise: Foldwise
) -> None:
    (project.run("words") / "scores.json").unlink()
    done = foldwise(*["words" if word == "wrods" else word for word in words])
    assert done.code == 3
    assert "run 'words' has not finished" in done.err
