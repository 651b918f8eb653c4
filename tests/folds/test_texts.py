import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.folds.texts import exact_key, folded_key, numbered, word_counts


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_of_any_system_make_the_same_key(end: str) -> None:
    assert exact_key((f"one{end}two{end}",)) == ("one\ntwo\n",)


def test_an_exact_key_keeps_case_blanks_and_the_two_texts_of_a_pair() -> None:
    keys = [exact_key(text) for text in [("A b",), ("a b",), ("a  b",), ("a", "b"), ("b", "a")]]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "text",
    [
        "It's  GOOD.",
        "it s good",
        "\tIt\u2019s\r\ngood!!",
        "(it's) good",
        "it`s $good$",
        "it's g\uff4fod",
    ],
)
def test_case_blanks_and_punctuation_are_folded(text: str) -> None:
    assert folded_key((text,)) == "it s good"


def test_what_is_no_punctuation_still_tells_texts_apart() -> None:
    pairs = [("good \U0001f600", "good \U0001f621"), ("?", "!"), ("caf\u00e9", "cafe"), ("", "?")]
    for one, other in pairs:
        assert folded_key((one,)) != folded_key((other,))


def test_the_texts_of_a_pair_do_not_blend() -> None:
    assert folded_key(("a b", "c")) != folded_key(("a", "b c"))


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = folded_key((text,))
    assert folded_key((once,)) == once


@given(st.text(max_size=30))
def test_equal_texts_are_equal_once_folded(text: str) -> None:
    same = exact_key((text,))
    assert folded_key(same) == folded_key((text,))


def test_words_of_a_pair_are_added_up() -> None:
    counts = word_counts([("one two",), ("",), ("one", "two\nthree")])
    np.testing.assert_array_equal(counts, [2, 0, 3])


def test_equal_keys_have_equal_numbers_in_order_of_appearance() -> None:
    np.testing.assert_array_equal(numbered(["b", "a", "b", "c"]), [0, 1, 0, 2])
    assert numbered([]).shape == (0,)
