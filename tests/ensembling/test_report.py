import json
import shutil
from dataclasses import asdict

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.recipe import Options
from foldwise.ensembling.report import report_on
from foldwise.paths import Project
from foldwise.training.run_scores import read_scores


def test_methods_stand_beside_each_other_with_their_optimism(project: Project) -> None:
    made = blend(project, ["a", "b", "c"], "blend", "nnls")
    report = report_on(project, made, compare=True)
    assert [line.method for line in report.methods] == ["nnls", "mean", "rank", "hill", "ridge"]
    chosen, mean, *_ = report.methods
    assert chosen.honest.value == pytest.approx(made.scores.scores["rmse"].value)
    assert chosen.in_sample == pytest.approx(made.ensemble.in_sample["rmse"])
    assert chosen.optimism == pytest.approx(chosen.in_sample - chosen.honest.value)
    assert mean.optimism == 0


def test_only_methods_that_fit_the_competition_are_compared(project: Project) -> None:
    made = blend(
        project, ["classes-a", "classes-b"], "blend", "mean", options=Options(space="logit")
    )
    report = report_on(project, made, compare=True)
    names = [line.method for line in report.methods]
    assert names == ["mean, logit", "mean", "nnls", "hill", "ridge", "logistic"]


def test_every_member_stands_with_its_own_score_and_weight(project: Project) -> None:
    made = blend(project, ["a", "b", "c"], "blend", "nnls")
    report = report_on(project, made)
    assert [line.run for line in report.members] == ["a", "b", "c"]
    for line, weight in zip(report.members, made.ensemble.weights, strict=True):
        own = read_scores(project.run(line.run)).scores["rmse"]
        assert line.score.value == pytest.approx(own.value)
        assert line.score.standard_error == pytest.approx(own.standard_error)
        assert line.weight == weight
    assert len(report.correlations) == 3
    assert report.few[-1].members == 3
    assert report.best == report.best[: report.enough]
    json.dumps(asdict(report), allow_nan=False)


def test_a_member_that_predicts_what_another_does_is_warned_of(project: Project) -> None:
    shutil.copytree(project.run("a"), project.run("d"))
    made = blend(project, ["a", "b", "d"], "blend", "mean")
    assert report_on(project, made).warnings == [
        "d predicts the same as a, and brings nothing new: leave one of them out"
    ]


def test_weights_of_either_sign_on_few_rows_are_warned_of(project: Project) -> None:
    made = blend(project, ["a", "b", "c"], "blend", "ridge")
    (warning,) = report_on(project, made).warnings
    assert warning.startswith("ridge fits 4 numbers of either sign on 40 rows; like ordinary")
    assert "seems better than it is by about 10.0% of the score" in warning
    assert report_on(project, blend(project, ["a", "b", "c"], "blend", "nnls")).warnings == []
