"""Scores as rows of tables."""

from foldwise.cli.score_tables import (
    MEANING,
    Scored,
    looks_of,
    remarks,
    score_columns,
    score_rows,
)
from foldwise.competition.metrics import Score

OOF = {"rmse": Score(1.0, 0.5, 9), "pearson": Score(0.25, None, 9)}
RUNS = [Scored("a", OOF, {"rmse": Score(2.0, 0.125, 3)}, [4, 3]), Scored("b", OOF, {}, [0, 0])]


def test_runs_stand_below_each_other_metric_by_metric() -> None:
    assert score_rows(RUNS, private=True) == [
        ["rmse", "a", "1.0000 ± 0.5000", "2.0000 ± 0.1250", "3-4"],
        ["", "b", "1.0000 ± 0.5000", "", "0"],
        ["pearson", "a", "0.2500", "", "3-4"],
        ["", "b", "0.2500", "", "0"],
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
    assert remarks(RUNS)[1:] == [
        "an OOF score is the best of its looks (up to 4) at each fold: slightly optimistic"
    ]
