"""`foldwise compare`: two finished runs on the same rows and folds."""

import json
import shutil

import numpy as np
import pytest

from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from tests.cli.calling import Foldwise
from tests.tiny_competitions import load_tiny
from tests.tiny_tfidf import train_tfidf


def test_two_runs_are_compared_by_every_metric(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("compare", "words", "letters", "--json")
    assert done.code == 0, done.err
    found = done.json
    assert [m["metric"] for m in found["metrics"]] == ["rmse", "pearson"]
    assert (found["rows"], found["groups"], list(found["folds"])) == (40, None, ["0", "1", "2"])
    for name, key in (("words", "first"), ("letters", "second")):
        scores = json.loads((project.run(name) / "scores.json").read_text())["scores"]
        for metric in found["metrics"]:
            assert metric["difference"][key] == pytest.approx(scores[metric["metric"]]["value"])
        for fold, value in enumerate(scores["rmse"]["folds"]):
            assert found["folds"][str(fold)][key] == pytest.approx(value)
    assert found["sentence"] in foldwise("compare", "words", "letters").out
    assert found["outlook"]["test_rows"] == 6


def test_swapping_the_runs_says_the_same(project: Project, foldwise: Foldwise) -> None:
    forth = foldwise("compare", "words", "letters", "--json").json
    back = foldwise("compare", "letters", "words", "--json").json
    assert forth["sentence"].replace("words", "x") == back["sentence"].replace("words", "x")
    assert forth["outlook"]["chance"] == pytest.approx(1 - back["outlook"]["chance"])


def test_people_get_tables_a_plot_of_the_folds_and_sentences(
    project: Project, foldwise: Foldwise
) -> None:
    out = foldwise("compare", "both", "letters").out
    lines = out.splitlines()
    assert lines[0] == "both against letters: 40 rows of tiny-regression, 3 folds"
    assert lines[1].split() == ["metric", "both", "letters", "difference", "95", "%", "interval"]
    assert "rmse: both minus letters" in lines
    plotted = [line[:9].strip() for line in lines if "●" in line]
    assert [name for name in plotted if "fold" in name] == [
        "fold 0",
        "fold 1",
        "fold 2",
        "all folds",
    ]
    assert "On these rows a difference below " in out
    assert "On 6 test rows like these " in out


def test_the_expected_scores_know_what_averaging_gains(
    project: Project, foldwise: Foldwise
) -> None:
    outlook = foldwise("compare", "both", "letters", "--json").json["outlook"]
    assert outlook["with_gains"]
    # the ensemble's gain is that of its blended fold models
    folds = [
        [read_predictions(project.run(run) / f"fold-{k}" / "test.csv") for k in range(3)]
        for run in ("words", "letters")
    ]
    blended = np.mean([[table.values for table in tables] for tables in folds], axis=0)
    ambiguity = np.square(blended - blended.mean(axis=0)).mean()
    score = json.loads((project.run("both") / "scores.json").read_text())["scores"]["rmse"]
    expected = np.sqrt(score["value"] ** 2 - ambiguity)
    assert outlook["first"]["value"] == pytest.approx(expected)
    assert outlook["first"]["gain"] == pytest.approx(score["value"] - expected)


def test_a_gain_that_cannot_be_known_is_left_out_and_said(
    project: Project, foldwise: Foldwise
) -> None:
    shutil.rmtree(project.run("letters") / "fold-1")
    done = foldwise("compare", "words", "both")
    assert done.code == 0
    assert (
        "both: the expected score leaves out what averaging the folds' models gains, which the "
        "files here do not tell"
    ) in done.out
    assert not foldwise("compare", "words", "both", "--json").json["outlook"]["with_gains"]


def test_the_test_set_may_be_of_any_size(project: Project, foldwise: Foldwise) -> None:
    few = foldwise("compare", "words", "letters", "--json").json["outlook"]
    many = foldwise("compare", "words", "letters", "--test-rows", "9000", "--json").json["outlook"]
    assert many["test_rows"] == 9000
    assert many["first"]["high"] - many["first"]["low"] < few["first"]["high"] - few["first"]["low"]
    assert abs(many["chance"] - 0.5) > abs(few["chance"] - 0.5)


def test_rows_in_groups_are_drawn_by_group(project: Project, foldwise: Foldwise) -> None:
    for name, words in (("one", [1, 1]), ("two", [1, 2])):
        train_tfidf(project, name, "tiny-grouped", tfidf={"words": words})
    found = foldwise("compare", "one", "two", "--json").json
    assert found["groups"] == 10
    drawn = found["metrics"][0]["resampled"]
    assert (drawn["groups"], drawn["method"]) == (10, "sums")
    assert found["metrics"][0]["low"] == drawn["low"]
    out = foldwise("compare", "one", "two").out
    assert "one against two: 40 rows in 10 groups of tiny-grouped, 3 folds" in out
    assert "of 10 groups drawn whole, 10,000 times, both scored anew on each draw" in out


def test_other_folds_are_refused(project: Project, foldwise: Foldwise) -> None:
    foldwise("folds", "tiny-regression", "--n", "3", "--seed", "7", "--force")
    train_tfidf(project, "other")
    done = foldwise("compare", "words", "other")
    assert done.code == 3
    assert "what is compared has the same folds, but words has '" in done.err


def test_other_competitions_and_rows_are_refused(project: Project, foldwise: Foldwise) -> None:
    foldwise("train", "labels")
    done = foldwise("compare", "words", "labels")
    assert done.code == 3
    assert "same competition, but words has 'tiny-regression' and labels" in done.err
    assert "same folds" not in done.err  # which follows
    foldwise("train", "words", "training.rows=30", "--name", "few")
    done = foldwise("compare", "words", "few")
    assert done.code == 3
    assert "but words has 40 OOF rows and few 30, and their ids differ" in done.err


def test_data_that_changed_since_is_refused(project: Project, foldwise: Foldwise) -> None:
    path = project.competition("tiny-regression") / "train.csv"
    path.write_text(path.read_text().replace("film", "movie"))
    done = foldwise("compare", "words", "letters")
    assert done.code == 3
    assert "have changed since run 'words' was made" in done.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["words", "words"], 2, "two runs are compared, got 'words' twice"),
        (["words", "leters"], 2, "did you mean 'letters'?"),
        (["words", "letters", "both"], 2, "one word too many: 'both'"),
        (["words"], 2, "RUN_B"),
        (["words", "letters", "--test-rows", "0"], 2, "a whole number from 1: got '0'"),
    ],
)
def test_what_is_no_pair_of_runs_is_refused(
    project: Project, foldwise: Foldwise, words: list[str], code: int, message: str
) -> None:
    done = foldwise("compare", *words)
    assert done.code == code
    assert message in done.err


def test_an_unfinished_run_is_refused(project: Project, foldwise: Foldwise) -> None:
    foldwise("train", "words", "--name", "half", "--folds", "0")
    done = foldwise("compare", "words", "half")
    assert done.code == 3
    assert "run 'half' has not finished" in done.err
    # both at once
    foldwise("train", "words", "--name", "none", "--max-time", "0s")
    done = foldwise("compare", "none", "half")
    assert done.code == 3
    assert "run 'half' has not finished" in done.err
    assert "run 'none' has not finished" in done.err


def test_the_same_predictions_are_the_same(project: Project, foldwise: Foldwise) -> None:
    train_tfidf(project, "again", tfidf={"characters": [1, 2]})
    found = foldwise("compare", "words", "again", "--json").json
    assert found["sentence"] == "words and again score the same on every row."
    assert found["outlook"]["chance"] == 0.5
    assert load_tiny(project, "tiny-regression").train.groups is None


def test_the_plot_is_as_narrow_as_the_terminal(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    done = foldwise("compare", "words", "letters")
    plot = [line for line in done.out.splitlines() if line.startswith(("fold ", "all folds"))]
    assert len(plot) > 3
    assert max(map(len, plot)) <= 60
