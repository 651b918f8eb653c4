"""A private leaderboard scores a submission by id."""

from collections.abc import Callable

import numpy as np
import pytest

from foldwise.competition.competition import Competition
from foldwise.competition.sample import load_sample
from foldwise.competition.solution import private_scores
from foldwise.competition.submission import Submission, build_submission
from foldwise.errors import DataError

MakeCompetition = Callable[..., Competition]
SOLVED = {"solution": "solution.csv"}


def solved(make_competition: MakeCompetition, solution: str, **keys: object) -> Competition:
    return make_competition({"solution.csv": solution}, files=SOLVED, **keys)


def test_there_is_no_score_without_a_solution(make_competition: MakeCompetition) -> None:
    competition = make_competition()
    sample = load_sample(competition, ())
    built = build_submission(sample, ["x", "y"], np.zeros((2, 1)))
    assert private_scores(competition, sample, built) == {}


def test_a_solution_in_another_order_is_aligned_by_id(make_competition: MakeCompetition) -> None:
    competition = solved(make_competition, "usage,target,id\nprivate,5,y\nprivate,1,x\n")
    sample = load_sample(competition, ())
    built = build_submission(sample, ["x", "y"], np.array([[2.0], [8.0]]))
    got = private_scores(competition, sample, built)[competition.metric]
    assert got.value == pytest.approx(np.sqrt((1 + 9) / 2))
    assert got.rows == 2


@pytest.mark.parametrize(
    ("metric", "header", "value"),
    [
        ("accuracy", "id,target", 0.5),
        ("log_loss", "id,target", -np.log(0.8 * 0.3) / 2),
        ("log_loss", "id,b,a", -np.log(0.8 * 0.3) / 2),
        ("auc", "p_a,id,p_b", 1.0),
    ],
)
def test_labels_and_probabilities_are_scored(
    make_competition: MakeCompetition, metric: str, header: str, value: float
) -> None:
    rows = "".join(
        ",".join(name if c == "id" else "0" for c in header.split(",")) + "\n"
        for name in ("x", "y")
    )
    competition = make_competition(
        {"sample.csv": f"{header}\n{rows}", "solution.csv": "id,target\nx,a\ny,b\n"},
        files=SOLVED,
        task="classification",
        metric=metric,
    )
    sample = load_sample(competition, ("a", "b"))
    built = build_submission(sample, ["x", "y"], np.array([[0.8, 0.2], [0.7, 0.3]]))
    got = private_scores(competition, sample, built)[competition.metric]
    assert got.value == pytest.approx(value)


def test_a_solution_may_lack_a_label(make_competition: MakeCompetition) -> None:
    competition = solved(
        make_competition, "id,target\nx,a\ny,b\n", task="classification", metric="accuracy"
    )
    sample = load_sample(competition, ("a", "b", "c"))
    built = Submission(sample.header, (("x", "a"), ("y", "c")))
    got = private_scores(competition, sample, built)
    # Labels alone have no log loss to show beside the accuracy.
    assert list(got) == ["accuracy", "macro_f1"]
    assert got["accuracy"].value == 0.5


def test_all_faults_of_a_solution_are_listed_at_once(make_competition: MakeCompetition) -> None:
    competition = solved(make_competition, "id,target\nx,nan\nx,1\nz,2\n")
    sample = load_sample(competition, ())
    built = build_submission(sample, ["x", "y"], np.zeros((2, 1)))
    with pytest.raises(DataError) as caught:
        private_scores(competition, sample, built)
    path = competition.path("solution")
    assert caught.value.complaints == (
        f"{path}: ids must be unique, but 1 stands more than once in 'id': 'x' (lines 2, 3); "
        "remove the repeated rows or rename their ids",
        f"{path}: 'target' must be finite, got 'nan' (line 2); correct or drop these rows",
        f"{path}: a solution has the ids of sample.csv, but 2 stand in only one of them: y, z; "
        "make both from the same data",
    )


def test_a_solution_that_is_promised_must_be_there(make_competition: MakeCompetition) -> None:
    competition = make_competition(files=SOLVED)
    sample = load_sample(competition, ())
    built = build_submission(sample, ["x", "y"], np.zeros((2, 1)))
    with pytest.raises(DataError, match=r"solution.csv does not exist; run: foldwise data tiny"):
        private_scores(competition, sample, built)


def test_a_faulty_submission_is_not_scored(make_competition: MakeCompetition) -> None:
    competition = solved(make_competition, "id,target\nx,1\ny,1\n")
    sample = load_sample(competition, ())
    with pytest.raises(DataError, match=r"every id of sample.csv needs a row"):
        private_scores(competition, sample, Submission(sample.header, (("x", "1"),)))
