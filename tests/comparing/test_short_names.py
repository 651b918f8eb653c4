"""Names that have room in a plot."""

from hypothesis import given
from hypothesis import strategies as st

from foldwise.comparing.short_names import short_names


def test_names_are_cut_in_the_middle_and_only_where_they_must() -> None:
    names = ["tfidf", "movie-valence-minilm-tuned", "movie-valence-tfidf"]
    assert short_names(names, 15) == ["tfidf", "movie-v…m-tuned", "movie-v…e-tfidf"]
    assert short_names(names, 26) == names
    assert short_names(["abcdefgh"], 5, "~") == ["ab~gh"]


def test_names_that_would_be_the_same_stay_whole() -> None:
    names = ["run-a-of-2026", "run-b-of-2026", "another"]
    assert short_names(names, 8) == names


# few characters, the sign of a cut among them, so that names cut alike, or into another, are many
ALIKE = st.text(st.sampled_from("ab…"), max_size=8)


@given(st.lists(ALIKE | st.text(), unique=True), st.integers(3, 8))
def test_different_names_stay_different(names: list[str], most: int) -> None:
    short = short_names(names, most)
    assert all(len(s) <= most or s == name for s, name in zip(short, names, strict=True))
    assert len(set(short)) == len(names)
