"""`run_everything`, as a notebook calls it."""

import pytest

from foldwise.ensembling.record import read_ensemble
from foldwise.errors import Interrupted, UsageError
from foldwise.paths import Project
from foldwise.pipeline.everything import run_everything
from foldwise.training.run import RunRequest, RunState
from tests.tiny_tfidf import tfidf_settings

PAIRS = RunRequest("pairs", tfidf_settings("tiny-pairs"))


def test_folds_are_made_runs_trained_and_a_submission_written(project: Project) -> None:
    project.folds("tiny-pairs").unlink()
    said: list[str] = []
    done = run_everything(project, [PAIRS], "first", say=said.append)
    assert done.submitted.path == project.submission("first")
    assert [(line.run, line.trained) for line in done.lines] == [("pairs", 5)]
    assert done.ensemble is None
    assert [line.partition(":")[0] for line in said] == [
        "data of tiny-pairs",
        "folds",
        "run pairs",
    ]


def test_a_fold_table_that_is_there_is_kept(project: Project) -> None:
    before = project.folds("tiny-pairs").read_bytes()
    run_everything(project, [PAIRS], "first", say=lambda _: None)
    assert project.folds("tiny-pairs").read_bytes() == before


def test_a_run_that_is_stopped_leaves_no_submission(project: Project) -> None:
    def stopped(_request: RunRequest) -> RunState:
        raise Interrupted(2, "stopped")

    with pytest.raises(Interrupted):
        run_everything(project, [PAIRS], "first", say=lambda _: None, train=stopped)
    assert not project.submission("first").exists()


def test_a_bad_name_is_told_before_anything_is_done(project: Project) -> None:
    said: list[str] = []
    with pytest.raises(UsageError, match="a submission's name"):
        run_everything(project, [PAIRS], "../first", say=said.append)
    assert said == []


def test_the_ensemble_of_other_experiments_takes_the_place_of_the_one_before(
    project: Project,
) -> None:
    requests = [
        RunRequest("words", tfidf_settings(tfidf={"characters": [1, 2]})),
        RunRequest("letters", tfidf_settings(tfidf={"words": [1, 1]})),
        RunRequest("third", tfidf_settings(tfidf={"penalty": 9.0})),
    ]
    run_everything(project, requests[:2], "own", say=lambda _: None)
    before = (project.run("own") / "oof.csv").read_bytes()
    said: list[str] = []
    run_everything(project, requests, "own", say=said.append)
    assert read_ensemble(project.run("own")).members == ["words", "letters", "third"]
    (aside,) = project.root.glob("runs/.own.*")
    assert (aside / "oof.csv").read_bytes() == before
    assert f"the ensemble that was own, made otherwise, is kept in {aside}" in said
    # the same again replaces nothing
    run_everything(project, requests, "own", say=lambda _: None)
    assert len(list(project.root.glob("runs/.own.*"))) == 1
