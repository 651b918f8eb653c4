import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.competition.sources.split import chosen_for_test, folded

Row = tuple[str, str, str]

ROWS = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=4), st.sampled_from(["a", "A ", "b", "c d", "C  D", "e"]),
        st.sampled_from(["g", "h", "i", "j", "k"]),
    ),
    unique_by=lambda row: row[0],
    max_size=30,
)  # fmt: skip


def chosen(rows: Sequence[Row]) -> dict[str, bool]:
    ids, texts, groups = ([row[part] for row in rows] for part in range(3))
    return dict(zip(ids, chosen_for_test(ids, texts, groups), strict=True))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_split_ignores_the_order_of_the_rows(rows: list[Row], rng: random.Random) -> None:
    shuffled = rng.sample(rows, len(rows))
    assert chosen(shuffled) == chosen(rows)


@given(ROWS)
def test_rows_of_one_group_or_text_are_on_one_side(rows: list[Row]) -> None:
    is_test = chosen(rows)
    sides: dict[str, set[bool]] = {}
    for row_id, text, group in rows:
        for key in (f"text {folded(text)}", f"group {group}"):
            sides.setdefault(key, set()).add(is_test[row_id])
    assert all(len(side) == 1 for side in sides.values())


@given(ROWS, st.text(min_size=5, max_size=8))
def test_a_row_of_a_new_unit_moves_no_other_row(rows: list[Row], new_id: str) -> None:
    with_new = chosen([*rows, (new_id, "a text of its own", "a group of its own")])
    assert {row_id: with_new[row_id] for row_id, _, _ in rows} == chosen(rows)


def test_units_are_joined_across_groups_by_a_shared_text() -> None:
    # rows 0 and 2 share neither group nor text, but both are tied to row 1
    ids = [f"{i}{part}" for i in range(200) for part in "abc"]
    texts = [text for i in range(200) for text in (f"x{i}", f"y{i}", f"Y{i}  ")]
    groups = [group for i in range(200) for group in (f"g{i}", f"g{i}", f"h{i}")]
    is_test = chosen_for_test(ids, texts, groups)
    triples = [is_test[i : i + 3] for i in range(0, 600, 3)]
    assert all(len(set(triple)) == 1 for triple in triples)
    assert {triple[0] for triple in triples} == {True, False}


def test_about_a_quarter_of_the_units_is_chosen() -> None:
    ids = [str(i) for i in range(10_000)]
    share = sum(chosen_for_test(ids, ids)) / 10_000
    assert share == pytest.approx(0.25, abs=0.02)  # 4.6 standard errors


def test_the_choice_is_fixed_for_ever() -> None:
    ids = [str(i) for i in range(12)]
    chosen_ids = [i for i, is_test in zip(ids, chosen_for_test(ids, ids), strict=True) if is_test]
    assert chosen_ids == ["2"]


def test_no_rows_are_no_units() -> None:
    assert chosen_for_test([], []) == ()


def test_ids_texts_and_groups_must_be_of_one_length() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        chosen_for_test(["1", "2"], ["one"])
    with pytest.raises(ValueError, match="one group a row"):
        chosen_for_test(["1", "2"], ["one", "two"], ["g"])
