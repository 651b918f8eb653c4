"""The command line as a whole: exit codes, errors, JSON."""

import errno
import shutil
import signal

import pytest

from foldwise.cli import runs
from foldwise.cli.main import main
from foldwise.errors import (
    DataError,
    FoldFailed,
    FoldwiseError,
    Interrupted,
    StorageError,
    UsageError,
)
from foldwise.paths import Project
from foldwise.storage import disk_full_explained
from foldwise.training.stopping import StopRequest
from tests.cli.calling import Foldwise, run_python
from tests.full_disk import run_on_full_disk


def test_a_bad_argument_is_one_message_and_exit_code_2(foldwise: Foldwise) -> None:
    done = foldwise("trian")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: no command 'trian'; did you mean 'train'?; see: foldwise --help\n"


def test_an_error_is_json_where_that_was_asked_for(project: Project, foldwise: Foldwise) -> None:
    for words, kind, code in (
        (["--json", "trian"], "UsageError", 2),
        (["submit", "wrods", "--json"], "UsageError", 2),
        (["folds", "tiny-pairs", "--check", "--json"], "DataError", 3),
    ):
        project.folds("tiny-pairs").unlink(missing_ok=True)
        done = foldwise(*words)
        assert done.code == code
        assert (done.json["error"], done.json["exit_code"]) == (kind, code)
        assert done.err == f"error: {done.json['complaints'][0]}\n"


def test_a_command_outside_a_project_says_how_to_get_into_one(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, foldwise: Foldwise
) -> None:
    monkeypatch.chdir(str(tmp_path))
    done = foldwise("runs")
    assert done.code == 2
    assert "no project here" in done.err


def test_quiet_shows_results_alone(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("run", "words", "-q").err == ""
    assert "run words: tfidf" in foldwise("run", "words").err
    assert foldwise("submit", "nobody", "-q").err.startswith("error: ")


def test_a_folder_that_cannot_be_written_is_a_storage_error(
    project: Project, foldwise: Foldwise
) -> None:
    shutil.rmtree(project.root / "submissions", ignore_errors=True)
    (project.root / "submissions").write_text("a file where a folder should be")
    done = foldwise("submit", "words", "--json")
    assert done.code == 5
    assert done.json["error"] == "StorageError"
    assert f"{project.root / 'submissions'}" in done.err
    assert "Traceback" not in done.err


def test_rights_that_are_missing_are_a_storage_error(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(
        *_: object, **__: object
    ) -> None:  # rights cannot be taken from root, who may run the tests
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr(runs, "list_runs", refuse)
    done = foldwise("runs")
    assert done.code == 5
    assert done.err.startswith("error: /somewhere cannot be read or written: Permission denied")


def test_a_full_disk_is_a_storage_error_and_leaves_nothing_half_written(
    made_once: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    done = run_on_full_disk(
        tmp_path_factory.mktemp("full"),
        f"""
        import io, json, os, shutil, sys
        from pathlib import Path
        from foldwise.cli.main import main
        shutil.copytree({str(made_once.root)!r}, "project")
        os.chdir("project")
        with open("filler", "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        out, sys.stdout = sys.stdout, io.StringIO()
        code = main(["submit", "words", "--json"])
        printed, sys.stdout = sys.stdout.getvalue(), out
        left = [path.name for path in Path("submissions").rglob("*")]
        print(json.dumps([code, json.loads(printed), left]))
        """,
        size="2m",
    )
    code, printed, left = done
    assert (code, printed["error"]) == (5, "StorageError")
    assert "the disk is full" in printed["complaints"][0]
    assert left == []


def test_a_bug_shows_its_traceback_and_is_json_too(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(runs, "list_runs", fail)
    with pytest.raises(ZeroDivisionError):  # which Python shows, and exits with 1
        main(["runs", "--json"])
    assert '"error": "ZeroDivisionError"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("u"), 2),
        (DataError("d"), 3),
        (FoldFailed("f"), 4),
        (StorageError("s"), 5),
        (Interrupted(signal.SIGTERM, "i"), 143),
    ],
)
def test_every_kind_of_error_has_its_exit_code(
    error: FoldwiseError,
    code: int,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    foldwise: Foldwise,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(runs, "list_runs", fail)
    done = foldwise("runs", "--json")
    assert (done.code, done.json["exit_code"]) == (code, code)
    assert done.json["error"] == type(error).__name__
    assert done.err == f"error: {error}\n"


def test_ctrl_c_outside_of_training_is_exit_code_130(
    project: Project, monkeypatch: pytest.MonkeyPatch, foldwise: Foldwise
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "list_runs", interrupt)
    done = foldwise("runs", "--json")
    assert (done.code, done.json["exit_code"]) == (130, 130)
    assert done.err == (
        "error: stopped by SIGINT; what was finished is kept, the same command goes on\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["train", "words", "--fresh"],
        ["train", "words", "--seeds", "0,1", "--name", "many", "--fresh"],
        ["tune", "some-tune", "--fresh"],
        ["run", "words", "letters", "--fresh"],
        ["ablate", "words", "tfidf.penalty=2.0", "--fresh"],
    ],
    ids=lambda words: words[0],
)
def test_a_fresh_command_that_is_stopped_goes_on_without_fresh(
    words: list[str], project: Project, monkeypatch: pytest.MonkeyPatch, foldwise: Foldwise
) -> None:
    def stop(*_: object, **__: object) -> None:
        stopped = StopRequest()
        stopped.ask(signal.SIGINT)
        stopped.raise_if_asked()

    (project.root / "experiments" / "some-tune.toml").write_text(
        'competition = "tiny-regression"\nkind = "tfidf"\n[tfidf]\n'
        "penalty = { low = 0.1, high = 9.0 }\n"
    )
    monkeypatch.setattr("foldwise.pipeline.tuning.drive", stop)
    monkeypatch.setattr("foldwise.training.run.open_run", stop)
    done = foldwise(*words, "--json")
    assert done.code == 130, done.err
    message = (
        "stopped by SIGINT, everything saved; the same command goes on if --fresh, which begins "
        "again, is left out"
    )
    assert done.err.endswith(f"error: {message}\n")
    assert done.json["complaints"] == [message]


@pytest.mark.parametrize("told_by", ["a file that is written", "the system"])
def test_a_fresh_command_whose_disk_is_full_goes_on_without_fresh(
    told_by: str, project: Project, monkeypatch: pytest.MonkeyPatch, foldwise: Foldwise
) -> None:
    def fill(*_: object, **__: object) -> None:
        full = OSError(errno.ENOSPC, "No space left on device")
        if told_by == "the system":
            raise full
        with disk_full_explained(project.run("words")):
            raise full

    monkeypatch.setattr("foldwise.training.run.open_run", fill)
    again = "ree some space, then run the same command again"
    begun_fresh = foldwise("train", "words", "--fresh")
    assert begun_fresh.code == 5
    assert begun_fresh.err.endswith(f"{again}; without --fresh it goes on with what it has done\n")
    assert foldwise("train", "words").err.endswith(f"{again}\n")


def test_a_reader_that_goes_away_is_no_traceback(project: Project) -> None:
    program = """
import os, sys
from foldwise.cli.main import main
reader, writer = os.pipe()
os.dup2(writer, 1)
os.close(reader)
os.close(writer)
sys.exit(main(["runs"]))
"""
    done = run_python(project.root, program)
    assert (done.code, done.err) == (141, "")


def test_a_narrow_encoding_never_fails(project: Project) -> None:
    program = """
import sys
from foldwise.cli.main import main
sys.stdout.reconfigure(encoding="ascii")
sys.exit(main(["runs"]))
"""
    done = run_python(project.root, program)
    assert done.code == 0, done.err
    assert "\\xb1" in done.out  # a plus-minus sign


def test_folds_ensembles_and_submissions_need_no_torch(project: Project) -> None:
    program = """
import sys
for name in ("torch", "transformers"):
    sys.modules[name] = None  # an import of it fails
from foldwise.cli.main import main
for words in (
    ["folds", "tiny-regression", "--check"],
    ["ensemble", "words", "letters", "--name", "new"],
    ["submit", "new"],
    ["runs"],
    ["doctor"],
):
    code = main([*words, "-q"])
    assert code == 0, words
sys.exit(main(["train", "words"]))
"""
    done = run_python(project.root, program)
    assert done.code == 2, done.err
    assert "error: this command needs the package torch" in done.err
