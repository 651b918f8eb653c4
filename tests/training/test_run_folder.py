from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.settings import load_experiment
from foldwise.training.local_engine import LocalEngine
from foldwise.training.manifest import read_manifest
from foldwise.training.run_folder import Mode, open_run, reopened_run, set_run_aside
from tests.tiny_competitions import tiny_regression
from tests.tiny_tfidf import tfidf_settings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_regression(tmp_path)


def test_a_new_run_records_what_it_is_made_from(project: Project) -> None:
    run = open_run(project, "a", tfidf_settings())
    folder = project.run("a")
    assert load_experiment(folder / "settings.toml") == run.settings == tfidf_settings()
    assert read_manifest(folder).identity() == run.identity
    (begun,) = Journal(folder / "journal.jsonl").events("begun")
    assert begun["identity"] == run.identity


def test_opening_a_run_again_changes_nothing(project: Project) -> None:
    first = open_run(project, "a", tfidf_settings())
    before = {path: path.read_bytes() for path in project.run("a").rglob("*")}
    modes: tuple[Mode, ...] = ("auto", "resume")
    for mode in modes:
        again = open_run(project, "a", tfidf_settings(), mode)
        assert (again.identity, again.settings) == (first.identity, first.settings)
    assert {path: path.read_bytes() for path in project.run("a").rglob("*")} == before


def test_a_worker_opens_the_run_its_driver_opened(project: Project) -> None:
    run = open_run(project, "a", tfidf_settings())
    reopened = reopened_run(project, "a")
    assert (reopened.identity, reopened.settings) == (run.identity, run.settings)
    assert reopened.job(2).folder == project.run("a") / "fold-2"


def test_nothing_to_resume_is_an_error_that_writes_nothing(project: Project) -> None:
    with pytest.raises(
        UsageError, match=r"nothing to resume: \S+a holds no run; leave out --resume"
    ):
        open_run(project, "a", tfidf_settings(), "resume")
    assert not project.run("a").exists()


def test_other_versions_are_noted_and_not_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_run(project, "a", tfidf_settings())
    monkeypatch.setattr("foldwise.training.manifest.version", lambda _name: "99")
    open_run(project, "a", tfidf_settings())
    (event,) = Journal(project.run("a") / "journal.jsonl").events("other versions")
    assert event["now"]["numpy"] == "99"


def test_a_tfidf_run_asks_nothing_of_the_hardware(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_wanted: object) -> None:
        raise AssertionError

    monkeypatch.setattr(LocalEngine, "resolved", fail)
    assert open_run(project, "a", tfidf_settings()).settings.hardware.device == "auto"


@pytest.mark.parametrize("left", ["settings.toml", "encoder"])
def test_a_beginning_that_was_killed_is_begun_again(project: Project, left: str) -> None:
    project.run("a").mkdir(parents=True)
    (project.run("a") / left).write_text("half")
    if left == "encoder":
        (project.run("a") / left).unlink()
        (project.run("a") / left).mkdir()
    assert open_run(project, "a", tfidf_settings()).settings == tfidf_settings()


@pytest.mark.parametrize("name", ["ensemble.json", "oof.csv", "fold-0"])
def test_a_run_is_never_begun_among_the_files_of_another(project: Project, name: str) -> None:
    folder = project.run("a")
    folder.mkdir(parents=True)
    (folder / name).touch()
    with pytest.raises(UsageError, match=f"has no manifest.json, yet it holds {name}, so it is no"):
        open_run(project, "a", tfidf_settings())
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_fresh_beginning_keeps_the_old_run_aside_and_the_lock_in_place(project: Project) -> None:
    open_run(project, "a", tfidf_settings())
    folder = project.run("a")
    (folder / ".lock").touch()
    before = sorted(path.name for path in folder.glob("[!.]*"))
    aside = set_run_aside(folder)
    assert aside is not None
    assert sorted(path.name for path in aside.iterdir()) == before
    assert [path.name for path in folder.iterdir()] == [".lock"]
    assert aside.name.startswith(".a.2")
    assert set_run_aside(folder) is None


def test_two_fresh_beginnings_in_one_second_are_both_kept(project: Project) -> None:
    found = set()
    for _ in range(3):
        open_run(project, "a", tfidf_settings())
        found.add(set_run_aside(project.run("a")))
    assert len(found - {None}) == 3


def test_a_kill_while_setting_aside_leaves_no_fold_that_passes_for_a_new_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_run(project, "a", tfidf_settings())
    folder = project.run("a")
    for fold in range(3):
        (folder / f"fold-{fold}").mkdir()
        (folder / f"fold-{fold}" / "result.json").write_text("{}")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == "fold-2":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        set_run_aside(folder)
    monkeypatch.undo()
    # the manifest is still there, so that another run is refused
    with pytest.raises(UsageError, match="seed: the run has 42, now asked for 1"):
        open_run(project, "a", tfidf_settings(seed=1))


def test_a_run_that_never_took_a_step_gives_way_to_other_settings(project: Project) -> None:
    open_run(project, "a", tfidf_settings(seed=1))
    other = open_run(project, "a", tfidf_settings(seed=2))
    assert read_manifest(project.run("a")).identity() == other.identity
    # what was there is kept aside all the same
    assert len(list(project.run("a").parent.glob(".a.*"))) == 1


@pytest.mark.parametrize("work", ["ckpt-00000001/state.json", "result.json"])
def test_a_run_with_work_in_it_does_not_give_way(project: Project, work: str) -> None:
    open_run(project, "a", tfidf_settings(seed=1))
    path = project.run("a") / "fold-0" / work
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(UsageError, match="seed: the run has 1, now asked for 2"):
        open_run(project, "a", tfidf_settings(seed=2))
