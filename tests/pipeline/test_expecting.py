"""What is expected of finished runs, from their own files."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from foldwise.ensembling.ensemble import blend
from foldwise.paths import Project
from foldwise.pipeline.expecting import Expectation, Expecting, fold_tables, notes_of
from foldwise.predictions.table import mean_of, read_predictions
from foldwise.training.run_scores import read_scores
from tests.tiny_competitions import tiny_grouped, tiny_regression
from tests.tiny_tfidf import train_tfidf


def expected(project: Project, run: str, test_rows: int | None = None) -> Expectation:
    return Expecting(project, test_rows).of(run, read_scores(project.run(run)))


def test_the_models_of_an_ensemble_are_its_members_blended(project: Project) -> None:
    blend(project, ["words", "letters"], "mixed", weights=[3, 1])
    blend(project, ["mixed", "both"], "deep")  # an ensemble of ensembles
    for run in ("words", "mixed", "deep"):
        models = fold_tables(project, run, 3)
        assert models is not None
        assert len(models) == 3
        test = read_predictions(project.run(run) / "test.csv")
        assert mean_of(models).values == pytest.approx(test.values)


def test_an_interval_has_the_width_of_rows_seen_and_rows_to_come(project: Project) -> None:
    scores = read_scores(project.run("words")).scores["rmse"]
    found = expected(project, "words", 10).scores["rmse"]
    assert scores.standard_error is not None
    slope = scores.value / found.value  # of a root that some errors are taken off under
    half = t.ppf(0.95, 39) * scores.standard_error * np.sqrt(slope**2 + 40 / 10)
    assert found.high - found.value == pytest.approx(half)
    assert found.value == pytest.approx(scores.value - (found.gain or 0))


def test_rows_in_groups_have_the_degrees_of_freedom_of_groups(project: Project) -> None:
    tiny_grouped(project.root)
    train_tfidf(project, "grouped", "tiny-grouped")
    scores = read_scores(project.run("grouped")).scores["rmse"]
    found = expected(project, "grouped", 20).scores["rmse"]
    assert scores.standard_error is not None
    slope = scores.value / found.value
    half = t.ppf(0.95, 9) * scores.standard_error * np.sqrt(slope**2 + 40 / 20)  # ten documents
    assert found.high - found.value == pytest.approx(half)


def test_a_member_that_was_trained_anew_leaves_the_gain_unknown(project: Project) -> None:
    shutil.rmtree(project.run("words"))
    train_tfidf(project, "words", tfidf={"penalty": 0.01})
    found = expected(project, "both")
    assert found.scores["rmse"].gain is None
    assert (
        "both: the expected score leaves out what averaging the folds' models gains" in found.note
    )


def test_a_competition_without_test_rows_expects_nothing_unless_asked(
    project: Project,
) -> None:
    tiny_regression(project.root, "no-test", test_rows=0)
    train_tfidf(project, "none", "no-test")
    assert expected(project, "none").scores == {}
    assert expected(project, "none").note == ""
    assert expected(project, "none", 100).scores["rmse"].gain is None


def test_a_score_without_a_standard_error_is_not_expected(project: Project) -> None:
    scores = read_scores(project.run("words"))
    unknown = replace(scores.scores["pearson"], standard_error=None)
    changed = replace(scores, scores={**scores.scores, "pearson": unknown})
    assert set(Expecting(project).of("words", changed).scores) == {"rmse"}


def test_a_damaged_model_leaves_the_gain_unknown_and_says_which(project: Project) -> None:
    path = project.run("words") / "fold-1" / "test.csv"
    path.write_text("id,score\nx\n")
    for run in ("words", "both"):
        found = expected(project, run)
        assert found.scores["rmse"].gain is None
        assert str(path) in found.note
        # it is no answer to be kept: with the file back, the gain is known
        assert not (project.run(run) / "expected.json").exists()


def test_what_many_runs_miss_alike_is_told_once() -> None:
    same = [Expectation(run=f"member-{i}", missing="it is gone") for i in range(12)]
    other = Expectation(run="blend", missing="it is old")
    assert notes_of([*same, Expectation(run="whole"), other, other, same[0]]) == [
        "member-0, member-1, member-2 and 9 more: it is gone",
        "blend: it is old",
    ]


def test_what_was_measured_is_not_measured_again(project: Project) -> None:
    first = expected(project, "both")
    for member in ("words", "letters"):
        for path in project.run(member).glob("fold-*/test.csv"):
            path.unlink()
    assert first.scores["rmse"].gain is not None
    assert expected(project, "both") == first
    assert expected(project, "both", 10).scores["rmse"].gain == first.scores["rmse"].gain


def test_what_was_measured_of_other_predictions_is_measured_again(project: Project) -> None:
    first = expected(project, "both")
    blend(project, ["words", "letters"], "both", weights=[3, 1])
    again = expected(project, "both")
    assert again.scores["rmse"].gain != first.scores["rmse"].gain
    (project.run("both") / "expected.json").unlink()
    assert expected(project, "both") == again


def test_what_cannot_be_kept_is_told_all_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(path: Path, value: object) -> None:
        raise PermissionError(path)

    known = expected(project, "both")
    path = project.run("both") / "expected.json"
    path.write_text("{")
    monkeypatch.setattr("foldwise.pipeline.expected_basis.write_json", no_room)
    assert expected(project, "both") == known
    assert path.read_text() == "{"
