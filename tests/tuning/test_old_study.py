"""An older study, out of the way of a fresh one."""

import threading
from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.locks import only_driver_of
from foldwise.tuning import old_study
from foldwise.tuning.old_study import set_study_aside


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of one trial, beside another study's."""
    folder = tmp_path / "some.tuning"
    for name in ("some.tuning", "some.tuning.trial-000.ab", "other.tuning.trial-000.ab"):
        (tmp_path / name).mkdir()
    for name in ("study.db", "tuning.json", "zoo.png"):
        (folder / name).write_text(name)
    return folder


def test_the_study_and_its_trials_are_kept_aside(study: Path) -> None:
    aside = set_study_aside(study)
    assert aside is not None
    names = {"some.tuning.trial-000.ab", "study.db", "tuning.json", "zoo.png"}
    assert {path.name for path in aside.iterdir()} == names
    assert not list(study.glob("[!.]*"))
    assert (study.parent / "other.tuning.trial-000.ab").is_dir()
    assert set_study_aside(study) is None


def test_a_trial_that_is_still_being_written_is_waited_for(study: Path) -> None:
    trial = study.parent / "some.tuning.trial-000.ab"
    found: list[Path | None] = []
    with only_driver_of(trial):
        thread = threading.Thread(target=lambda: found.append(set_study_aside(study)))
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        (trial / "weights").write_text("saved")
    thread.join(10)
    (aside,) = found
    assert aside is not None
    assert (aside / trial.name / "weights").read_text() == "saved"


def test_a_trial_that_goes_on_leaves_the_study_where_it_is(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_study, "WAIT_SECONDS", 0.0)
    with (
        only_driver_of(study.parent / "some.tuning.trial-000.ab"),
        pytest.raises(UsageError, match="is in use by process"),
    ):
        set_study_aside(study)
    assert (study / "study.db").is_file()


def test_the_database_goes_last(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[str] = []
    rename = Path.rename

    def noted(path: Path, target: Path) -> Path:
        moved.append(path.name)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", noted)
    set_study_aside(study)
    assert moved == ["some.tuning.trial-000.ab", "tuning.json", "zoo.png", "study.db"]
