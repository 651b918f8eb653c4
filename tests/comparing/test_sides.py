"""What two sides must share, and how a difference is told."""

from dataclasses import replace

import numpy as np
import pytest

from foldwise.comparing.sides import Side, aligned
from foldwise.errors import DataError
from tests.comparing.tiny_sides import rows_of, shuffled, side_of, table_of, two_models

TARGETS, FIRST, SECOND = two_models(1, 8)
ROWS = rows_of(TARGETS)
TABLE = table_of(SECOND)


def told(first: Side, second: Side) -> tuple[str, ...]:
    with pytest.raises(DataError) as caught:
        aligned(first, second, ROWS)
    return caught.value.complaints


def test_tables_are_paired_by_seed_and_aligned_by_id() -> None:
    rng = np.random.default_rng(2)
    first = Side("a", {3: table_of(FIRST), 1: table_of(SECOND)})
    second = Side("b", {1: shuffled(TABLE, rng), 3: shuffled(TABLE, rng)})
    pairs = aligned(first, second, ROWS)
    assert list(pairs) == [1, 3]
    assert np.array_equal(pairs[3][0].values, FIRST)
    assert np.array_equal(pairs[1][0].values, SECOND)
    assert all(np.array_equal(pair[1].values, SECOND) for pair in pairs.values())


def test_two_sides_of_one_name_stay_two() -> None:
    pairs = aligned(side_of("a", FIRST), side_of("a", SECOND), ROWS)
    assert np.array_equal(pairs[0][0].values, FIRST)
    assert np.array_equal(pairs[0][1].values, SECOND)


def test_other_data_and_folds_are_refused_by_their_hashes() -> None:
    first = Side("a", {0: TABLE}, {"data": "d" * 64, "folds": "f" * 64})
    second = Side("b", {0: TABLE}, {"data": "e" * 64, "folds": "f" * 64})
    assert told(first, second) == (
        "what is compared has the same data, but a has 'dddddddddddddddd' and b "
        "'eeeeeeeeeeeeeeee'; train both on the same",
    )
    assert "a has 'dddddddddddddddd' and b 'none'" in told(first, side_of("b", SECOND))[0]


def test_other_seeds_are_refused() -> None:
    assert told(side_of("a", FIRST, FIRST), side_of("b", SECOND)) == (
        "what is compared has the same seeds, but a has 0, 1 and b 0; train the others, or leave "
        "them out",
    )
    assert "a has none and b none" in told(Side("a", {}), Side("b", {}))[0]


def test_other_rows_are_refused_with_their_ids() -> None:
    fewer = replace(TABLE, ids=(*TABLE.ids[:6], "x1", "x2"), values=TABLE.values)
    assert told(side_of("a", FIRST), Side("b", {0: fewer})) == (
        "b: 2 ids of the rows compared have no prediction: r006, r007",
        "b: 2 predicted ids are not in the rows compared: x1, x2",
    )


def test_other_folds_are_refused_with_a_row_that_moved() -> None:
    moved = replace(TABLE, folds=np.array([0, 1, 2, 0, 0, 1, 2, 3]))
    assert told(side_of("a", FIRST), Side("b", {0: moved})) == (
        "what is compared has the same folds, but 1 row is in others: 'r003' is in fold 3 of "
        "a and in fold 0 of b; train both on one fold table",
    )


def test_test_predictions_and_other_outputs_are_refused() -> None:
    other = replace(TABLE, outputs=("p_x",), folds=None)
    assert told(side_of("a", FIRST), Side("b", {0: other})) == (
        "what is compared has the same outputs, but a has o0 and b p_x",
        "out-of-fold predictions have a column fold, those of b not",
    )
