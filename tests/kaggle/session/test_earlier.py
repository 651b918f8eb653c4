"""What an earlier session left is found wherever it is mounted."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from foldwise.kaggle.session.earlier import restore_runs
from foldwise.kaggle.session.session import Session
from foldwise.kaggle.session.training import TrainedSession, finish_training
from foldwise.paths import Project
from tests.kaggle.sessions import begun


@pytest.fixture
def session(words_built: Path, project: Project, tmp_path: Path) -> Session:
    return begun(words_built, tmp_path / "kaggle", project.competition("tiny-regression"))


def output(session: Session, there: str, steps: int, folds: int) -> Path:
    run = session.input / there / "runs" / "some-run"
    for fold in range(folds):
        (run / f"fold-{fold}").mkdir(parents=True)
        (run / f"fold-{fold}" / "result.json").write_text("{}")
    (run / f"fold-{folds}" / f"ckpt-{steps:08d}").mkdir(parents=True)
    (run / f"fold-{folds}" / f"ckpt-{steps:08d}" / "weights").write_text(there)
    (run / f"fold-{folds}" / "ckpt-00000999.tmp").mkdir()
    (run / f"fold-{folds}" / "ckpt-old-2").mkdir()  # somebody's own, of no step
    (run / "manifest.json").write_text(there)
    (run / ".lock").write_text("1")
    return run


def test_the_output_that_got_furthest_is_copied(session: Session) -> None:
    output(session, "notebooks/me/train", steps=90, folds=1)
    best = output(session, "train-v2", steps=40, folds=2)
    output(session, "train-v3", steps=30, folds=2)
    assert restore_runs(session, ["some-run", "other"]) == {"some-run": best}
    run = session.working / "runs" / "some-run"
    assert (run / "manifest.json").read_text() == "train-v2"
    assert (run / "fold-2" / "ckpt-00000040" / "weights").read_text() == "train-v2"
    assert not (run / ".lock").exists()


def test_what_is_copied_can_be_written_to(session: Session) -> None:
    run = output(session, "train", steps=1, folds=0)
    for path in (run / "manifest.json", run):
        path.chmod(0o555)
    restore_runs(session, ["some-run"])
    copied = session.working / "runs" / "some-run"
    assert (copied / "manifest.json").stat().st_mode & 0o200
    assert copied.stat().st_mode & 0o200
    run.chmod(0o755)


def test_a_copy_that_is_killed_half_way_is_made_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = output(session, "train", steps=1, folds=0)
    (source / "settings.toml").write_text("last")
    copy = shutil.copyfile

    def killed(path: Path, target: Path) -> None:
        if path.name == "settings.toml":  # the manifest is there by then
            raise KeyboardInterrupt
        copy(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", killed)
        with pytest.raises(KeyboardInterrupt):
            restore_runs(session, ["some-run"])
    assert restore_runs(session, ["some-run"]) == {"some-run": source}
    run = session.working / "runs" / "some-run"
    assert (run / "settings.toml").read_text() == "last"
    assert [path.name for path in run.parent.iterdir()] == ["some-run"]


def test_a_run_that_is_in_work_already_is_gone_on_with_as_it_is(session: Session) -> None:
    output(session, "train", steps=1, folds=0)
    run = session.working / "runs" / "some-run"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("newer")
    assert restore_runs(session, ["some-run"]) == {"some-run": run}
    assert (run / "manifest.json").read_text() == "newer"


def test_the_report_of_a_notebook_that_is_run_again_tells_where_it_went_on(
    session: Session,
) -> None:
    output(session, "train", steps=1, folds=0)
    training = replace(session, package=replace(session.package, purpose="train"))
    there = ["train/runs/some-run", f"{session.working}/runs/some-run"]
    for folder in there:
        earlier = restore_runs(training, ["some-run"])
        report = finish_training(training, TrainedSession({}, {}, None, None), earlier)
        assert report.resumed_from == {"some-run": folder}
        assert f"some-run: went on from {folder}" in report.lines()
        assert not any(line.startswith("first session") for line in report.lines())


def test_a_first_session_finds_nothing(session: Session) -> None:
    assert restore_runs(session, ["some-run"]) == {}
