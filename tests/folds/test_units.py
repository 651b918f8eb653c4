import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import DataError
from foldwise.folds.units import build_units, connected, fold_capacity
from tests.folds.tiny_competition import make_rows, numbered_texts

LONG = "one two three four five six seven eight nine ten"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_rows_are_connected_exactly_when_a_chain_of_shared_numbers_leads_from_one_to_the_other(
    pairs: list[tuple[int, int]],
) -> None:
    first = np.array([a for a, _ in pairs], dtype=np.int64)
    second = np.array([b for _, b in pairs], dtype=np.int64)
    component = connected(first, second)
    # the reference: spread labels until nothing changes
    label = np.arange(len(pairs))
    for _ in pairs:
        for numbers in (first, second):
            for number in set(numbers.tolist()):
                label[numbers == number] = label[numbers == number].min()
    assert len(set(zip(component.tolist(), label.tolist(), strict=True))) == len(set(label))
    assert len(set(component.tolist())) == len(set(label.tolist()))


def test_every_row_is_a_unit_where_all_texts_differ() -> None:
    units = build_units(make_rows(numbered_texts(10)), 5, 42, group_duplicates=True)
    assert units.single
    assert sorted(units.of_row.tolist()) == list(range(10))
    assert units.notes == ()


def test_equal_texts_share_a_unit_whatever_their_line_ends() -> None:
    rows = make_rows([*numbered_texts(8), "a\r\nb", "a\nb"])
    units = build_units(rows, 5, 42, group_duplicates=False)
    assert units.of_row[8] == units.of_row[9]
    assert units.notes == ("texts that are equal keep 2 rows together",)


def test_nearly_equal_texts_share_a_unit_only_when_asked() -> None:
    rows = make_rows([*numbered_texts(8), "So good!", "so  good", LONG, f"{LONG} eleven"])
    apart = build_units(rows, 3, 42, group_duplicates=False)
    assert apart.single
    joined = build_units(rows, 3, 42, group_duplicates=True)
    assert joined.of_row[8] == joined.of_row[9]
    assert joined.of_row[10] == joined.of_row[11]
    assert joined.notes == (
        "texts that differ in case, white space or punctuation only keep 2 rows together",
        "texts that share four fifths of their five-word runs keep 2 rows together",
    )


def test_groups_with_an_equal_text_are_joined_while_they_fit_a_fold() -> None:
    rows = make_rows([*numbered_texts(9), "text number 0 says 0 and 0"], groups=list("aabbccddee"))
    units = build_units(rows, 2, 42, group_duplicates=False)
    assert units.of_row[0] == units.of_row[9]
    assert units.sizes.tolist().count(4) == 1
    assert units.notes == ("texts that are equal keep 2 groups together",)


def test_declared_groups_win_where_equal_texts_would_chain_them_into_more_than_a_fold() -> None:
    # every group holds the word "the", as every sentence of a phrase treebank does
    texts = [text for i in range(10) for text in (f"phrase {i}", "the")]
    groups = [f"s{i}" for i in range(10) for _ in range(2)]
    units = build_units(make_rows(texts, groups=groups), 5, 42, group_duplicates=False)
    assert units.sizes.tolist() == [2] * 10
    assert units.notes == (
        "10 groups hold texts that are equal, but joining them would make a unit of 20 rows, "
        "more than a fold's 4: they are not joined, so that such texts may stand in several folds",
    )


def test_nearly_equal_texts_that_fill_more_than_a_fold_stay_apart_and_a_note_says_so() -> None:
    rows = make_rows(["Good", "good", "GOOD", "good!", "good?", "bad", "so so", "fine"])
    units = build_units(rows, 4, 42, group_duplicates=True)
    assert units.single
    assert units.notes[0].startswith("5 rows hold texts that differ in case")


def test_a_group_larger_than_a_fold_is_named_with_its_size() -> None:
    rows = make_rows(numbered_texts(10), groups=["big"] * 4 + list("abcdef"))
    expected = (
        "the rows of group 'big' (lines 2, 3, 4, 5) must share a fold: 4 of 10 rows, but one fold "
        "of 5 holds 2; take at most 3 folds, or divide or drop some of them"
    )
    with pytest.raises(DataError, match=re.escape(expected)) as error:
        build_units(rows, 5, 42, group_duplicates=False)
    assert error.value.exit_code == 3
    # the number advised fits
    assert build_units(rows, 3, 42, group_duplicates=False).sizes.max() == 4


def test_one_text_on_more_rows_than_a_fold_holds_is_refused_with_its_lines() -> None:
    rows = make_rows(["same"] * 4 + numbered_texts(4))
    with pytest.raises(DataError, match=r"the rows of one text \(lines 2, 3, 4, 5\) must share"):
        build_units(rows, 4, 42, group_duplicates=False)


def test_fewer_groups_than_folds_are_refused() -> None:
    rows = make_rows(numbered_texts(4), groups=list("aabb"))
    with pytest.raises(DataError, match="3 folds need at least 3 groups, got 2"):
        build_units(rows, 3, 42, group_duplicates=False)


def test_the_order_of_units_depends_on_the_seed_and_not_on_the_order_of_rows() -> None:
    rows = make_rows(numbered_texts(20))
    backwards = rows.take(np.arange(20)[::-1])
    one = build_units(rows, 5, 1, group_duplicates=False).of_row
    same = build_units(backwards, 5, 1, group_duplicates=False).of_row
    other = build_units(rows, 5, 2, group_duplicates=False).of_row
    np.testing.assert_array_equal(one, same[::-1])
    assert one.tolist() != other.tolist()


def test_the_largest_of_equal_folds_is_rounded_up() -> None:
    assert [fold_capacity(rows, 5) for rows in (10, 11, 14, 15)] == [2, 3, 3, 3]
