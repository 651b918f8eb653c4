from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foldwise.folds.partition import partition_complaints
from tests.folds.tiny_competition import make_rows


@given(st.integers(2, 5), st.integers(0, 6), st.randoms(use_true_random=False))
def test_a_shuffled_partition_has_no_complaints_and_one_id_less_has_one(
    n: int, more: int, random: Random
) -> None:
    rows = make_rows([str(i) for i in range(n + more)])
    order = list(range(len(rows)))
    random.shuffle(order)
    ids = [rows.ids[i] for i in order]
    folds = np.array([i % n for i in order], dtype=np.int64)
    assert partition_complaints(ids, folds, n, rows) == []
    told = partition_complaints(ids, folds, n, rows.take(np.arange(1, len(rows))))
    assert [line.split(":")[0] for line in told] == ["1 id of the fold table is no training row"]


def test_an_id_on_a_line_that_could_not_be_read_is_not_missing() -> None:
    rows = make_rows(["a", "b", "c"])
    folds = np.array([0, 1])
    told = partition_complaints(["r000", "r001"], folds, 2, rows, unread=frozenset({"r002"}))
    assert told == []
