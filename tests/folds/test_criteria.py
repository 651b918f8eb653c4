import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import DataError, UsageError
from foldwise.folds.criteria import build_criterion, check_labels, quantile_edges, sturges
from foldwise.folds.units import build_units
from tests.folds.tiny_competition import make_loaded, make_rows, numbered_texts


@pytest.mark.parametrize(("rows", "bins"), [(1, 1), (2, 2), (1000, 10), (1024, 11), (2834, 12)])
def test_the_number_of_bins_follows_sturges(rows: int, bins: int) -> None:
    assert sturges(rows) == bins == 1 + int(np.floor(np.log2(rows)))


def test_bins_of_different_values_are_those_of_numpy_quantiles() -> None:
    values = np.random.default_rng(0).permutation(1000).astype(np.float64)
    edges = quantile_edges(values, 10)
    reference = np.quantile(values, np.linspace(0, 1, 11)[1:-1], method="higher")
    np.testing.assert_array_equal(edges, reference)


@given(st.lists(st.integers(0, 8).map(float), min_size=1, max_size=60), st.integers(1, 8))
def test_bins_are_ascending_hold_half_their_share_and_split_no_equal_values(
    values: list[float], bins: int
) -> None:
    array = np.array(values)
    edges = quantile_edges(array, bins)
    assert len(edges) < bins
    assert (np.diff(edges) > 0).all()
    held = np.bincount(np.searchsorted(edges, array, side="right"), minlength=len(edges) + 1)
    assert held.min() >= len(values) / bins / 2


def test_the_criterion_of_a_classification_is_its_label() -> None:
    loaded = make_loaded(make_rows(numbered_texts(4), [0, 1, 1, 2]), labels=["lo", "mid", "hi"])
    criterion = build_criterion("y", loaded, most=10)
    assert criterion.codes.tolist() == [0, 1, 1, 2]
    assert criterion.classes == ("lo", "mid", "hi")


def test_length_is_a_criterion_in_words() -> None:
    rows = make_rows(["a", "a b", "a b c", "a b c d"], [0, 0, 0, 0])
    criterion = build_criterion("length", make_loaded(rows), most=2)
    assert criterion.codes.tolist() == [0, 0, 1, 1]
    assert criterion.classes == ("lowest", "from 3")


def test_a_column_of_strata_is_counted_if_it_has_names_and_binned_if_it_has_many_numbers() -> None:
    rows = make_rows(numbered_texts(40), range(40))
    named = make_loaded(rows, stratify="genre", strata=["poem", "essay"] * 20)
    assert build_criterion("genre", named, most=4).classes == ("essay", "poem")
    measured = make_loaded(rows, stratify="year", strata=[str(1900 + i) for i in range(40)])
    assert len(build_criterion("year", measured, most=4).classes) == 4


def test_an_unknown_criterion_is_refused_with_the_nearest_name() -> None:
    loaded = make_loaded(make_rows(numbered_texts(4), [0, 1, 2, 3]))
    with pytest.raises(UsageError, match="no criterion 'lenght'; did you mean 'length'"):
        build_criterion("lenght", loaded, most=2)


def test_a_target_that_is_not_finite_is_refused_with_its_lines() -> None:
    loaded = make_loaded(make_rows(numbered_texts(4), [0, np.nan, 2, np.inf]))
    with pytest.raises(DataError, match="y must be finite to stratify by it; correct lines 3, 5"):
        build_criterion("y", loaded, most=2)


def test_a_label_rarer_than_the_folds_is_refused_with_its_lines() -> None:
    rows = make_rows(numbered_texts(12), [0, 1] * 5 + [2, 2])
    loaded = make_loaded(rows, labels=["a", "b", "c", "never"])
    units = build_units(rows, 4, 42, group_duplicates=False)
    criterion = build_criterion("y", loaded, most=2)
    expected = (
        "y 'c' has 2 rows (lines 12, 13), too few to stand in each of 4 folds; take at most "
        "2 folds, merge it with another, or choose a strategy that does not stratify"
    )
    with pytest.raises(DataError, match=f"^{re.escape(expected)}$"):
        check_labels([criterion], units, rows, 4)


def test_a_label_of_many_rows_in_few_groups_is_as_rare_as_the_groups() -> None:
    rows = make_rows(numbered_texts(12), [0] * 8 + [1] * 4, groups=list("aabbccddeeff"))
    loaded = make_loaded(rows, labels=["no", "yes"])
    units = build_units(rows, 3, 42, group_duplicates=False)
    criterion = build_criterion("y", loaded, most=2)
    message = r"y 'yes' has 4 rows in 2 parts that must stay together \(lines 10, 11, 12, 13\)"
    with pytest.raises(DataError, match=message):
        check_labels([criterion], units, rows, 3)
