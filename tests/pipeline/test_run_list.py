"""The runs of a project."""

import pytest

from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline.run_list import check_exist, finished_folds, list_runs, run_folders


def test_runs_are_finished_unfinished_or_damaged(project: Project) -> None:
    (project.run("words") / "scores.json").write_text("{")
    (project.run("letters") / "scores.json").unlink()
    found = list_runs(project)
    assert list(found.finished) == ["both"]
    assert found.unfinished == {"letters": [0, 1, 2]}
    assert "is damaged" in found.damaged["words"]
    assert list(found.by_competition()) == ["tiny-regression"]


def test_folds_are_counted_by_their_results(project: Project) -> None:
    (project.run("words") / "fold-1" / "result.json").unlink()
    (project.run("words") / "fold-x").mkdir()
    (project.run("words") / "fold-x" / "result.json").write_text("{}")
    assert finished_folds(project.run("words")) == [0, 2]


def test_files_hidden_and_empty_folders_are_no_runs(project: Project) -> None:
    runs = project.root / "runs"
    (runs / "note.txt").write_text("no run")
    (runs / ".words.aside").mkdir()
    (runs / ".words.aside" / "scores.json").write_text("{}")
    (runs / "locked").mkdir()
    (runs / "locked" / ".lock").write_text("1")
    (runs / "words~lr-find").mkdir()
    (runs / "words~lr-find" / "range.json").write_text("{}")
    assert [path.name for path in run_folders(project)] == ["both", "letters", "words"]


def test_unknown_names_are_told_at_once_with_the_nearest(project: Project) -> None:
    check_exist(project, ["words", "both"])
    with pytest.raises(UsageError) as caught:
        check_exist(project, ["word", "words", "zzz"])
    where = project.root / "runs"
    assert caught.value.complaints == (
        f"no run 'word' in {where}; did you mean 'words'?",
        f"no run 'zzz' in {where}; known: both, letters, words",
    )


def test_the_runs_of_ablations_are_no_names_to_choose_from(project: Project) -> None:
    (project.root / "runs" / "words.ablation.base.seed1.0123abcd").mkdir()
    with pytest.raises(UsageError, match=r"known: both, letters, words$"):
        check_exist(project, ["zzz"])
