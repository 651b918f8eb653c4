"""`foldwise ensemble`."""

import pytest

from foldwise.paths import Project
from foldwise.training.run_scores import read_tables
from tests.cli.calling import Foldwise


def test_an_ensemble_stands_beside_its_members(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("ensemble", "words", "letters", "--name", "blend", "--method", "mean")
    assert done.code == 0
    shown = [line.split() for line in done.out.splitlines()[3:6]]
    assert [row[:2] for row in shown[:1]] == [["rmse", "words"]]
    assert [row[0] for row in shown[1:]] == ["letters", "blend"]
    assert "blend = 0.5 x words + 0.5 x letters\n" in done.out


def test_weights_are_taken_as_they_are_given(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("ensemble", "words", "letters", "--weights", "3,1", "--name", "b", "--json")
    assert done.json["ensemble"]["weights"] == [0.75, 0.25]
    assert done.json["scores"]["kind"] == "ensemble"


def test_fitted_weights_tell_their_optimism(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("ensemble", "words", "letters", "--method", "nnls", "--name", "fitted")
    assert done.code == 0
    assert "on rows the weights were not fitted on" in done.out
    assert "; optimism " in done.out


def test_the_default_is_non_negative_least_squares(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("ensemble", "words", "letters", "--name", "blend", "--json")
    assert done.json["ensemble"]["method"] == "nnls"
    assert [line["method"] for line in done.json["report"]["methods"]] == ["nnls", "mean"]


def test_the_tables_show_methods_members_correlations_and_how_many_are_enough(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("ensemble", "words", "letters", "--name", "b", "--method", "ridge", "--compare")
    assert done.code == 0
    lines = done.out.splitlines()
    at = lines.index("rmse by method")
    assert lines[at + 1].split() == ["method", "honest", "in-sample", "optimism"]
    shown = [line.split()[0] for line in lines[at + 3 : at + 8]]
    assert shown == ["ridge", "mean", "rank", "nnls", "hill"]
    assert "correlation of residuals\n" in done.out
    assert "rmse of the best few members, by weight\n" in done.out
    assert "\n  1 of 2 members is enough: letters; all of them are not better by" in done.out
    assert "warning: ridge fits 3 numbers of either sign on 40 rows" in done.out


def test_labels_by_cut_points_reach_the_submission(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("train", "labels").code == 0
    assert foldwise("train", "labels", "tfidf.penalty=9", "--name", "other").code == 0
    done = foldwise(
        "ensemble", "labels", "other", "--name", "cut", "--cut-points", "--calibrate",
        "temperature", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert len(done.json["ensemble"]["formula"]["cut_points"]) == 2
    assert foldwise("submit", "cut").code == 0
    _, test = read_tables(project.run("cut"))
    labels = ("dull", "fair", "fine")
    chosen = dict(zip(test.ids, test.values.argmax(axis=1), strict=True))
    lines = project.submission("cut").read_text().splitlines()[1:]
    assert lines == [f"{line.split(',')[0]},{labels[chosen[line.split(',')[0]]]}" for line in lines]
    # new texts go the same way
    texts = {"good", "bad film"}
    told = foldwise("predict", "cut", *texts, "--json")
    assert told.code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--weights", "1,2", "--method", "nnls"], "weights are given or fitted, got --weights"),
        (["--method", "logistic"], "logistic stacking fits probabilities of classes"),
        (["--space", "logit"], "--space logit adds up probabilities of classes"),
        (["--cut-points"], "--cut-points decides labels, but rmse does not score labels"),
        (["--bags", "3"], "--bags and --seed are hill climbing's; nnls draws nothing"),
    ],
)
def test_options_that_contradict_each_other_are_bad_arguments(
    words: list[str], message: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("ensemble", "words", "letters", "--name", "new", *words)
    assert done.code == 2
    assert message in done.err
    assert not (project.run("new") / "scores.json").exists()


def test_another_ensemble_of_the_name_is_kept_unless_a_fresh_one_is_asked_for(
    project: Project, foldwise: Foldwise
) -> None:
    before = (project.run("both") / "oof.csv").read_bytes()
    words = ("ensemble", "words", "letters", "--name", "both", "--method", "rank")
    done = foldwise(*words)
    assert done.code == 2
    assert "'both' is of words, letters (" in done.err
    assert (project.run("both") / "oof.csv").read_bytes() == before
    done = foldwise(*words, "--fresh")
    assert done.code == 0
    (aside,) = project.root.glob("runs/.both.*")
    assert f"the ensemble that was both is kept in {aside}\n" in done.err
    assert (aside / "oof.csv").read_bytes() == before


def test_an_ensemble_can_be_blended_again(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("ensemble", "both", "words", "--name", "deeper").code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["words", "leters"], 2, "no run 'leters' in "),
        (["words"], 2, "an ensemble has at least two members, got words"),
        (["words", "words"], 2, "each run is a member once"),
        (["words", "letters", "--weights", "1"], 2, "2 members need as many weights, got 1"),
        (["words", "labels"], 3, "members must be of one competition"),
    ],
)
def test_members_that_do_not_fit_are_refused(
    words: list[str], code: int, message: str, project: Project, foldwise: Foldwise
) -> None:
    assert foldwise("train", "labels").code == 0
    done = foldwise("ensemble", *words, "--name", "new")
    assert done.code == code
    assert message in done.err


def test_a_member_that_has_not_finished_is_bad_data(project: Project, foldwise: Foldwise) -> None:
    foldwise("train", "words", "--name", "half", "--folds", "0")
    done = foldwise("ensemble", "words", "half", "--name", "new")
    assert done.code == 3
    assert "run 'half' has not finished" in done.err


def test_an_ensemble_never_takes_the_name_of_a_trained_run(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise("train", "words", "--name", "third")
    done = foldwise("ensemble", "words", "letters", "--name", "third")
    assert done.code == 2
    assert "holds a run that is no ensemble" in done.err
