"""Comparisons in words: exactly what the figures say."""

from dataclasses import replace

import pytest

from foldwise.comparing.comparison import Comparison, MetricComparison, Outlook
from foldwise.comparing.comparison_words import (
    entries_of,
    expected_of,
    percent,
    seed_table_of,
    sentences,
    table_of,
    title_of,
    verdict_of,
)
from foldwise.comparing.expected import ExpectedScore
from foldwise.comparing.paired import Difference
from foldwise.comparing.resampling import Resampled


def difference(value: float, error: float | None = 0.01, seeds: int = 1) -> Difference:
    half = None if error is None else 2 * error
    return Difference(
        value=value,
        first=1.0 + value,
        second=1.0,
        standard_error=error,
        of_rows=error,
        of_seeds=error if seeds > 1 else None,
        low=None if half is None else value - half,
        high=None if half is None else value + half,
        p_value=None if half is None else 0.5,
        seeds=dict.fromkeys(range(seeds), value),
        folds={0: value},
        rows=100,
    )


def metric(value: float, error: float | None = 0.01, **changed: object) -> MetricComparison:
    of = difference(value, error)
    known = error is not None
    found = MetricComparison(
        metric="rmse",
        greater_is_better=False,
        difference=of,
        low=of.low,
        high=of.high,
        resampled=None,
        noticeable=2 * error if error is not None and known else None,
        findable=3 * error if error is not None and known else None,
    )
    return replace(found, **changed)  # type: ignore[arg-type]


def comparison(own: MetricComparison, **changed: object) -> Comparison:
    found = Comparison(
        first="a",
        second="b",
        competition="films",
        rows=1200,
        groups=None,
        metrics=[own],
        folds={0: own.difference, 1: None},
        seeds=None,
        looks=(0, 0),
        notes=[],
    )
    return replace(found, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (
            metric(-0.3),
            "a is better than b by 0.3000 rmse (95 % 0.2800 to 0.3200), far beyond what the choice "
            "of rows explains.",
        ),
        (
            metric(0.03),
            "b is better than a by 0.0300 rmse (95 % 0.0100 to 0.0500), beyond what the choice of "
            "rows explains.",
        ),
        (
            metric(0.3, greater_is_better=True),
            "a is better than b by 0.3000 rmse (95 % 0.2800 to 0.3200), far beyond what the choice "
            "of rows explains.",
        ),
        (
            metric(-0.005),
            "a and b cannot be told apart: 0.0050 rmse in favour of a is within what the choice of "
            "rows explains (95 % -0.0150 to 0.0250).",
        ),
        (
            metric(-0.3, None),
            "a is better than b by 0.3000 rmse, but nothing is known about the noise.",
        ),
        (metric(0.0, 0.0), "a and b score the same on every row."),
        (
            metric(4e-8, 1e-8),
            "a and b score the same: what there is between them, 4e-08 rmse, is rounding.",
        ),
        (
            metric(4e-5, 1e-4),
            "b and a cannot be told apart: 0.0000 rmse in favour of b is within what the choice of "
            "rows explains (95 % -0.0002 to 0.0002).",
        ),
    ],
)
def test_one_sentence_says_which_is_better_and_how_surely(
    own: MetricComparison, sentence: str
) -> None:
    assert verdict_of(comparison(own)) == sentence


def test_of_rounding_nothing_more_is_said() -> None:
    expected = ExpectedScore(1.0, 0.9, 1.1, 0.9, 2625, None)
    outlook = Outlook(2625, expected, expected, 0.03, with_gains=True)
    said = "\n".join(sentences(comparison(metric(4e-8, 1e-8), outlook=outlook)))
    assert "a difference below" not in said
    assert "scores better with a chance" not in said
    assert "a difference below" in "\n".join(sentences(comparison(metric(0.1))))


def test_the_title_names_what_was_compared() -> None:
    assert title_of(comparison(metric(0.1))) == "a against b: 1,200 rows of films, 2 folds"
    grouped = comparison(metric(0.1), groups=300)
    assert title_of(grouped) == "a against b: 1,200 rows in 300 groups of films, 2 folds"


def test_the_table_has_both_scores_and_the_interval_that_is_shown() -> None:
    own = metric(-0.1, low=-0.2, high=0.05)
    table = table_of(comparison(own))
    assert table.columns == ["metric", "a", "b", "difference", "95 % interval"]
    assert table.rows == [["rmse", "0.9000", "1.0000", "-0.1000 ± 0.0100", "-0.2000 to +0.0500"]]


def test_long_names_stand_in_the_title_and_not_above_narrow_columns() -> None:
    long = replace(comparison(metric(-0.1)), first="movie-valence-roberta-large")
    assert table_of(long).columns[:4] == ["metric", "first", "second", "difference"]
    assert title_of(long).startswith("movie-valence-roberta-large against b: ")


def test_the_plot_has_each_fold_that_has_a_difference_and_all() -> None:
    entries = entries_of(comparison(metric(-0.1, low=-0.3, high=0.1)))
    assert [(entry.name, entry.word) for entry in entries] == [
        ("fold 0", "-0.1000  -0.1200 to -0.0800"),
        ("all folds", "-0.1000  -0.3000 to +0.1000"),  # as in the table
    ]
    assert (entries[-1].difference.low, entries[-1].difference.high) == (-0.3, 0.1)


def test_one_seed_compares_runs_and_not_settings() -> None:
    found = comparison(metric(-0.1))
    assert seed_table_of(found) is None
    assert "Two trained runs were compared, and not two settings" in "\n".join(sentences(found))


def test_seeds_are_shown_one_by_one_and_judged_together() -> None:
    seeds = metric(-0.1, difference=difference(-0.1, 0.01, seeds=2))
    found = comparison(metric(-0.05), seeds=seeds)
    table = seed_table_of(found)
    assert table is not None
    assert table.rows == [
        ["seed 0", "-0.1000", ""],
        ["seed 1", "-0.1000", ""],
        ["mean of seeds", "-0.1000 ± 0.0100", "-0.1200 to -0.0800"],
    ]
    assert (
        "One run of each, over seeds 0, 1: a is better than b by 0.1000 (95 % 0.0800 to 0.1200), "
        "beyond the noise of rows and seeds."
    ) in sentences(found)
    even = comparison(metric(-0.05), seeds=metric(0.001))
    assert "no difference beyond the noise of rows and seeds." in "\n".join(sentences(even))


def test_what_the_rows_could_show_is_told() -> None:
    assert (
        "On these rows a difference below 0.0200 is noise, and a true one of 0.0300 is found in "
        "80 % of such sets of rows."
    ) in sentences(comparison(metric(-0.1)))
    assert not any("found in" in line for line in sentences(comparison(metric(-0.1, None))))


def test_the_test_rows_have_a_favourite() -> None:
    expected = ExpectedScore(1.0, 0.9, 1.1, 0.9, 2625, None)
    outlook = Outlook(2625, expected, replace(expected, low=1.0), 0.03, with_gains=True)
    assert (
        "On 2,625 test rows like these b scores better with a chance of 97 %; to expect (90 %): "
        "a 0.900 to 1.100; b 1.000 to 1.100."
    ) in sentences(comparison(metric(0.1), outlook=outlook))
    # a is favoured by the OOF rows
    first, second = replace(expected, gain=0.01), replace(expected, gain=0.06)
    turned = replace(outlook, first=first, second=second)
    (said,) = [x for x in sentences(comparison(metric(-0.1), outlook=turned)) if "chance" in x]
    assert said.endswith(
        " The OOF rows favour the other, whose folds' models gain less by being averaged: 0.0100 "
        "rmse instead of 0.0600."
    )
    # runs that score the same on every row would tie
    assert not any("chance" in x for x in sentences(comparison(metric(0.0, 0.0), outlook=outlook)))
    narrow = replace(expected, low=1.0961, high=1.0983)
    assert expected_of(narrow) == "1.0961 to 1.0983"


def test_how_groups_were_drawn_is_told() -> None:
    draws = Resampled(-0.2, 0.0, 300, 10_000, "influences")
    lines = sentences(comparison(metric(-0.1, resampled=draws)))
    assert (
        "Intervals of all folds are of 300 groups drawn whole, 10,000 times, the scores moved by "
        "the influences of the rows drawn; those of a fold are Student's."
    ) in lines


def test_more_looks_are_told_to_flatter_and_notes_stand_last() -> None:
    lines = sentences(comparison(metric(-0.1), looks=(4, 0), notes=["fold files are gone"]))
    assert lines[-2:] == [
        "The score of a is the best of 4 looks at each fold, that of b chosen by no row of its "
        "own: the more looks, the more it is flattered.",
        "fold files are gone",
    ]
    # alike, they flatter no one of the two, but both
    assert sentences(comparison(metric(-0.1), looks=(4, 4)))[-1] == (
        "Both scores are the best of 4 looks at each fold: they, and what is expected, are "
        "slightly optimistic (training.cross_fitted=true takes that off)."
    )
    assert not any("looks" in line for line in sentences(comparison(metric(-0.1), looks=(0, 1))))


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.5, "50 %"), (0.974, "97 %"), (0.9949, "99 %"), (0.996, "more than 99 %"), (1, "100 %")],
)
def test_a_chance_is_never_rounded_to_certainty(chance: float, words: str) -> None:
    assert percent(chance) == words
