"""Ids are there, and there once."""

from pathlib import Path

import numpy as np

from foldwise.competition.ids import id_complaints

PATH = Path("train.csv")


def test_good_ids_raise_no_complaint() -> None:
    # A space, a zero and different case are all different ids.
    assert id_complaints(PATH, "id", ["a", "A", "0", "00", " "], np.arange(2, 7)) == []


def test_empty_and_repeated_ids_are_listed_with_their_lines() -> None:
    assert id_complaints(PATH, "id", ["a", "", "b", "a", ""], np.array([2, 3, 7, 8, 9])) == [
        "train.csv: every row needs an id, but 'id' is empty on line 3, 9; give each an id of its "
        "own",
        "train.csv: ids must be unique, but 1 stands more than once in 'id': 'a' (lines 2, 8); "
        "remove the repeated rows or rename their ids",
    ]


def test_a_long_list_is_cut_and_counted() -> None:
    ids = [str(i // 2) for i in range(40)]
    (message,) = id_complaints(PATH, "id", ids, np.arange(2, 42))
    assert "but 20 stand more than once in 'id'" in message
    assert "and 12 more; remove" in message
