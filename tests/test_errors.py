import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise import errors
from foldwise.errors import (
    Complaints,
    DataError,
    FoldFailed,
    FoldwiseError,
    Interrupted,
    StorageError,
    UsageError,
    counted,
    did_you_mean,
    listed,
)


def test_each_kind_of_error_has_its_exit_code() -> None:
    codes = {
        kind: kind("x").exit_code for kind in (UsageError, DataError, FoldFailed, StorageError)
    }
    assert codes == {UsageError: 2, DataError: 3, FoldFailed: 4, StorageError: 5}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_exits_as_a_shell_would_say(number: int, code: int) -> None:
    error = Interrupted(number, "stopped")
    assert (error.exit_code, str(error)) == (code, "stopped")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((1, "row"), "1 row"),
        ((0, "row"), "0 rows"),
        ((1200, "row"), "1,200 rows"),
        ((1, "id has", "ids have"), "1 id has"),
        ((2, "id has", "ids have"), "2 ids have"),
    ],
)
def test_a_count_stands_with_its_noun_in_the_singular_or_plural(
    words: tuple[int, str], told: str
) -> None:
    assert counted(*words) == told


def test_one_complaint_is_the_whole_message() -> None:
    assert str(DataError("line 3: no id")) == "line 3: no id"


def test_several_complaints_are_counted_and_listed() -> None:
    assert str(DataError("no id", "no text")) == "2 problems:\n  - no id\n  - no text"


@given(st.lists(st.text(min_size=1), min_size=2, max_size=60))
def test_a_message_shows_at_most_twenty_complaints_and_says_how_many_more(texts: list[str]) -> None:
    message = str(UsageError(*texts))
    assert message.startswith(f"{len(texts)} problems:")
    assert all(f"  - {text}" in message for text in texts[: errors.SHOWN_COMPLAINTS])
    assert message.endswith(f"... and {len(texts) - 20} more") == (len(texts) > 20)


def test_every_complaint_stays_with_the_error() -> None:
    texts = [f"line {i}" for i in range(30)]
    assert DataError(*texts).complaints == tuple(texts)


def test_complaints_are_raised_together_as_the_kind_asked_for() -> None:
    complaints = Complaints()
    complaints.add("first")
    complaints.extend(["second", "third"])
    with pytest.raises(UsageError) as caught:
        complaints.raise_if_any(UsageError)
    assert caught.value.complaints == ("first", "second", "third")


def test_no_complaints_raise_nothing() -> None:
    complaints = Complaints()
    complaints.raise_if_any(FoldwiseError)
    assert not complaints


@pytest.mark.parametrize(
    ("name", "known", "clause"),
    [
        ("ecoder", ["head", "encoder"], "did you mean 'encoder'?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [], "none is known"),
    ],
)
def test_the_nearest_name_is_named_or_all_are(name: str, known: list[str], clause: str) -> None:
    assert did_you_mean(name, known) == clause


def test_a_long_list_is_cut_and_says_by_how_much() -> None:
    assert listed(range(3)) == "0, 1, 2"
    assert listed(range(10)) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
