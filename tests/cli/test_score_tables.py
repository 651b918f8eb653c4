"""Scores as rows of tables."""

from foldwise.cli.score_tables import (
    MEANING,
    Scored,
    expectation_remarks,
    looks_of,
    remarks,
    score_columns,
    score_rows,
)
from foldwise.comparing.expected import ExpectedScore
from foldwise.competition.metrics import Score
from foldwise.pipeline.expecting import Expectation

OOF = {"rmse": Score(1.0, 0.5, 9), "pearson": Score(0.25, None, 9)}
HOPE = Expectation({"rmse": ExpectedScore(0.875, 0.5, 1.25, 0.9, 3000, 0.125)})
RUNS = [
    Scored("a", OOF, {"rmse": Score(2.0, 0.125, 3)}, [4, 3], HOPE),
    Scored("b", OOF, {}, [0, 0]),
]


def test_runs_stand_below_each_other_metric_by_metric() -> None:
    assert score_rows(RUNS, private=True) == [
        ["rmse", "a", "1.0000 ± 0.5000", "0.5000 to 1.2500", "2.0000 ± 0.1250", "3-4"],
        ["", "b", "1.0000 ± 0.5000", "", "", "0"],
        ["pearson", "a", "0.2500", "", "", "3-4"],
        ["", "b", "0.2500", "", "", "0"],
    ]


def test_there_are_as_many_columns_as_cells() -> None:
    for private in (False, True):
        rows = score_rows(RUNS, private=private)
        assert {len(row) for row in rows} == {len(score_columns(private=private))}


def test_looks_are_a_number_or_a_span() -> None:
    assert (looks_of([4, 4]), looks_of([2, 4, 3])) == ("4", "2-4")


def test_only_a_choice_among_looks_is_optimistic() -> None:
    assert remarks(RUNS[1:]) == [MEANING]
    assert remarks([Scored("c", OOF, {}, [1, 1])]) == [MEANING]
    assert remarks(RUNS)[3:] == [
        "an OOF score is the best of its looks (up to 4) at each fold: slightly optimistic"
    ]


def test_what_is_expected_is_explained_with_what_is_missing_from_it() -> None:
    assert remarks(RUNS)[1:3] == [
        "expected on test: holds 90 % of scores on 3,000 rows like these",
        "  in rmse with what averaging the folds' models gains",
    ]
    other = Expectation({"accuracy": ExpectedScore(0.8, 0.7, 0.9, 0.9, 500, None)}, "b: gone")
    assert expectation_remarks([HOPE, other]) == [
        "expected on test: holds 90 % of scores on 500, 3,000 rows like these",
        "  in rmse with what averaging the folds' models gains",
        "  in accuracy without it: unknown there, and mostly for the better",
        "b: gone",
    ]
    assert expectation_remarks([Expectation()]) == []
