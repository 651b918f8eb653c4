"""Seconds to predict new texts."""

import shutil
from dataclasses import asdict, replace

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.inference_time import seconds_of
from foldwise.ensembling.report import report_on
from foldwise.paths import Project
from foldwise.storage import write_json
from foldwise.training.fold_result import TEST_SECONDS
from foldwise.training.run_scores import read_scores


def record_seconds(project: Project, run: str, seconds: list[float]) -> None:
    scores = read_scores(project.run(run))
    facts = {"folds": [{TEST_SECONDS: value} for value in seconds]}
    write_json(project.run(run) / "scores.json", asdict(replace(scores, facts=facts)))


def test_seconds_are_those_of_all_folds_of_all_runs_below_each_once(project: Project) -> None:
    record_seconds(project, "a", [1.0, 2.0, 3.0])
    record_seconds(project, "b", [0.5, 0.5, 0.5])
    blend(project, ["a", "b"], "pair")
    assert seconds_of(project, ["a"]) == 6
    assert seconds_of(project, ["pair", "a"]) == 7.5


def test_runs_of_before_have_no_seconds(project: Project) -> None:
    scores = read_scores(project.run("a"))
    facts = {"folds": [{"n_grams": 3}] * 3}
    write_json(project.run("a") / "scores.json", asdict(replace(scores, facts=facts)))
    assert seconds_of(project, ["a"]) is None
    assert seconds_of(project, ["b"]) is not None  # trained now: its folds recorded it


def test_a_member_made_from_runs_that_are_gone_is_blended_without_its_seconds(
    project: Project,
) -> None:
    blend(project, ["a", "b"], "pair")
    shutil.rmtree(project.run("a"))
    report = report_on(project, blend(project, ["pair", "c"], "top", "nnls"))
    assert [line.seconds is None for line in report.members] == [True, False]
