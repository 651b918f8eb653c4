import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import UsageError
from foldwise.kaggle.names import LONGEST, SHORTEST, checked_owner, slug_of, title_of


@given(st.text(max_size=120), st.sampled_from(["infer", "train"]))
def test_every_title_has_the_length_kaggle_wants_and_is_its_own_slug(run: str, what: str) -> None:
    title = title_of(run, what)
    assert SHORTEST <= len(title) <= LONGEST
    assert slug_of(title) == title.replace(" ", "-")


def test_a_title_is_made_of_the_runs_name() -> None:
    assert title_of("movie-valence_MiniLM.v2", "infer") == "movie valence minilm v2 infer"


def test_long_names_that_differ_at_their_end_stay_different() -> None:
    names = {title_of("run" * 20 + end, "train") for end in "abc"}
    assert len(names) == 3


@pytest.mark.parametrize("owner", ["", "a", "me/you", "-me", "me you", "x" * 41])
def test_an_owner_is_a_user_name(owner: str) -> None:
    with pytest.raises(UsageError, match="--owner is a Kaggle user name"):
        checked_owner(owner)


def test_a_user_name_is_taken_as_it_is() -> None:
    assert checked_owner("Some-User9") == "Some-User9"
