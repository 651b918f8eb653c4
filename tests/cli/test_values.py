"""Options' values, from the words they are written with."""

from argparse import ArgumentTypeError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.cli.values import count, duration, fold_numbers, names, seed_numbers, shares


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1.5m", 90), ("8h", 28800), ("0s", 0)])
def test_a_duration_is_seconds_minutes_or_hours(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["5", "1.5", "1d", "h", "5 m", "-5m", ""])
def test_a_duration_without_a_unit_is_refused_and_the_units_named(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match=r"with s, m or h \(seconds, minutes, hours\)"):
        duration(text)


@given(st.text(max_size=8))
def test_wild_words_are_taken_or_refused_with_a_reason(text: str) -> None:
    for kind in (count, duration, fold_numbers, names, seed_numbers, shares):
        try:
            kind(text)
        except ArgumentTypeError as error:
            assert repr(text) in str(error)  # noqa: PT017 - either way is right


def test_a_seed_given_twice_is_refused_and_named() -> None:
    assert seed_numbers("3,1,2") == (3, 1, 2)
    with pytest.raises(ArgumentTypeError, match=r"got '1,2,01'; give 1 once, or another seed"):
        seed_numbers("1,2,01")


@given(st.lists(st.integers(0, 99), min_size=1))
def test_fold_numbers_are_read_back_each_once(numbers: list[int]) -> None:
    text = ",".join(map(str, numbers))
    assert fold_numbers(text) == tuple(dict.fromkeys(numbers))
