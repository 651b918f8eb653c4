"""`foldwise ensemble`."""

import pytest

from foldwise.paths import Project
from tests.cli.calling import Foldwise


def test_an_ensemble_stands_beside_its_members(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("ensemble", "words", "letters", "--name", "blend")
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


def test_an_ensemble_can_be_blended_again(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("ensemble", "both", "words", "--name", "deeper").code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["words", "leters"], 2, "no run 'leters' in "),
        (["words"], 2, "an ensemble has at least two members, got words"),
        (["words", "words"], 2, "each run is a member once"),
        (["words", "letters", "--weights", "1"], 2, "2 members need as many weights, got 1"),
        (["words", "labels"], 3, "members must share their competition"),
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
