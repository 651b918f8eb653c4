"""Rows keep together what belongs together, and are known by a hash that no order changes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.competition.rows import Rows
from foldwise.storage import sha256_of_strings

ROWS = Rows(
    ids=("b", "a", "c"),
    texts=(("two", "words"), ("one", ""), ("three", "x")),
    lines=np.array([2, 3, 4]),
    targets=np.array([[0.5], [-1.0], [2.0]]),
    target_sd=np.array([0.1, 0.2, 0.3]),
    groups=("g", "g", "h"),
)


@given(order=st.permutations(range(3)))
def test_no_order_of_rows_changes_the_fingerprint(order: list[int]) -> None:
    assert ROWS.take(order).fingerprint() == ROWS.fingerprint()


def test_the_fingerprint_is_of_all_fields_in_the_order_of_ids() -> None:
    # runs remember it: another one would refuse to go on with them
    row_a = ["a", "2", "one", "", (-1.0).hex(), (0.2).hex(), "g"]
    row_b = ["b", "2", "two", "words", (0.5).hex(), (0.1).hex(), "g"]
    row_c = ["c", "2", "three", "x", (2.0).hex(), (0.3).hex(), "h"]
    assert ROWS.fingerprint() == sha256_of_strings(*row_a, *row_b, *row_c)


@pytest.mark.parametrize(
    "other",
    [
        replace(ROWS, ids=("b", "a", "d")),
        replace(ROWS, texts=(("two", "words"), ("one", ""), ("three", "y"))),
        replace(ROWS, targets=None),
        replace(ROWS, target_sd=np.array([0.1, 0.2, 0.4])),
        replace(ROWS, groups=None),
    ],
)
def test_whatever_changes_a_row_changes_the_fingerprint(other: Rows) -> None:
    assert other.fingerprint() != ROWS.fingerprint()


def test_rows_are_taken_with_all_their_fields() -> None:
    taken = ROWS.take([2, 0])
    assert (taken.ids, taken.groups) == (("c", "b"), ("h", "g"))
    assert taken.texts == (("three", "x"), ("two", "words"))
    assert taken.lines.tolist() == [4, 2]
    assert taken.targets is not None
    assert taken.targets.tolist() == [[2.0], [0.5]]
    assert taken.target_sd is not None
    assert taken.target_sd.tolist() == [0.3, 0.1]
