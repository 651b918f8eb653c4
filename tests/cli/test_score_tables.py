"""Scores as rows of tables."""

from dataclasses import replace

from foldwise.cli.score_tables import (
    MEANING,
    OPTIMISM,
    Scored,
    expectation_remarks,
    optimism_of,
    outside_remarks,
    remarks,
    score_columns,
    score_rows,
)
from foldwise.comparing.expected import ExpectedScore
from foldwise.competition.metrics import Score
from foldwise.pipeline.expecting import Expectation
from foldwise.training.run_scores import MetricScores, RunScores

HONEST = RunScores(
    competition="c",
    kind="encoder",
    metric="rmse",
    scores={"rmse": MetricScores(1.0, 0.5, []), "pearson": MetricScores(0.25, None, [])},
    rows=9,
    looks=[0, 0],
    data="",
    folds="",
    seconds=1.0,
)
CROSS_FITTED = replace(
    HONEST,
    in_sample={"rmse": MetricScores(0.75, 0.5, []), "pearson": MetricScores(0.5, None, [])},
)
FLATTERED = replace(HONEST, looks=[4, 3])
HOPE = Expectation({"rmse": ExpectedScore(0.875, 0.5, 1.25, 0.9, 3000, 0.125)})
RUNS = [
    Scored("a", CROSS_FITTED, {"rmse": Score(2.0, 0.125, 3)}, HOPE),
    Scored("b", HONEST),
    Scored("c", FLATTERED),
]


def test_runs_stand_below_each_other_metric_by_metric() -> None:
    assert score_rows(RUNS, private=True) == [
        ["rmse", "a", "1.0000 ± 0.5000", "0.500 to 1.250", "2.0000 ± 0.1250 *", "-0.2500"],
        ["", "b", "1.0000 ± 0.5000", "", "", ""],
        ["", "c", "1.0000 ± 0.5000", "", "", "in OOF"],
        ["pearson", "a", "0.2500", "", "", "+0.2500"],
        ["", "b", "0.2500", "", "", ""],
        ["", "c", "0.2500", "", "", "in OOF"],
    ]


def test_a_private_score_outside_of_what_was_expected_is_marked_and_explained() -> None:
    # the ends belong to the interval; without a score or an interval there is nothing to mark
    inside = [RUNS[0]._replace(private={"rmse": Score(end, None, 3)}) for end in (0.5, 1.25)]
    assert [row[4] for row in score_rows(inside, private=True)[:2]] == ["0.5000", "1.2500"]
    assert outside_remarks([*inside, *RUNS[1:]]) == []
    (told,) = outside_remarks([*inside, *RUNS])
    assert told.startswith("*: 1 of 3 private scores lies outside of what was expected")


def test_there_are_as_many_columns_as_cells() -> None:
    for private in (False, True):
        rows = score_rows(RUNS, private=private)
        assert {len(row) for row in rows} == {len(score_columns(private=private))}


def test_only_a_choice_by_the_rows_that_are_scored_is_optimistic() -> None:
    assert remarks([HONEST]) == [MEANING]
    assert remarks([replace(HONEST, looks=[1, 1])]) == [MEANING]
    assert remarks([HONEST, CROSS_FITTED]) == [MEANING, OPTIMISM]
    assert remarks([HONEST, FLATTERED])[1:] == [
        "in OOF: the score is the best of up to 4 looks at each fold, so that it and what is "
        "expected are slightly optimistic; training.cross_fitted=true takes that off"
    ]


def test_fitted_weights_do_not_take_off_what_the_members_choices_flatter() -> None:
    blend = replace(CROSS_FITTED, looks=[4, 3])
    assert optimism_of(blend, "rmse") == "-0.2500, in OOF"
    assert remarks([blend]) == [MEANING, OPTIMISM, *remarks([FLATTERED])[1:]]


def test_what_is_expected_is_explained_with_what_is_missing_from_it() -> None:
    assert expectation_remarks([HOPE]) == [
        "expected: holds 90 % of scores on 3,000 test rows like these",
        "  in rmse with what averaging the folds' models gains",
    ]
    other = Expectation({"accuracy": ExpectedScore(0.8, 0.7, 0.9, 0.9, 500, None)}, "b", "gone")
    assert expectation_remarks([HOPE, other]) == [
        "expected: holds 90 % of scores on 500, 3,000 test rows like these",
        "  in rmse with what averaging the folds' models gains",
        "  in accuracy without what averaging the folds' models gains, which is unknown",
        "b: gone",
    ]
    assert expectation_remarks([Expectation()]) == []
