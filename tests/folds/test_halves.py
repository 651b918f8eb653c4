"""A fold in two halves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foldwise.folds.halves import second_half

NAMES = st.lists(st.text(max_size=3), min_size=1, max_size=30, unique=True)


@given(NAMES.flatmap(lambda names: st.tuples(st.just(names), st.permutations(names))))
def test_a_rows_half_does_not_depend_on_the_order(orders: tuple[list[str], list[str]]) -> None:
    first, second = (dict(zip(ids, second_half(ids), strict=True)) for ids in orders)
    assert first == second


@given(NAMES)
def test_single_rows_make_halves_of_equal_size(ids: list[str]) -> None:
    assert abs(2 * int(second_half(ids).sum()) - len(ids)) <= 1


@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40))
def test_a_group_is_in_one_half(groups: list[str]) -> None:
    ids = [str(i) for i in range(len(groups))]
    half = second_half(ids, groups)
    for name in set(groups):
        assert len(set(half[np.array(groups) == name].tolist())) == 1
    # no half could be nearer to the middle than the largest group allows
    largest = max(groups.count(name) for name in set(groups))
    assert abs(2 * int(half.sum()) - len(groups)) <= largest
