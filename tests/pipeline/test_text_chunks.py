"""Texts in runs that memory can hold."""

from hypothesis import given
from hypothesis import strategies as st

from foldwise.pipeline.text_chunks import chunks_of

TEXTS = st.lists(st.tuples(st.text(max_size=9)), max_size=30)


@given(TEXTS, st.integers(1, 5), st.integers(1, 20))
def test_every_text_comes_once_in_its_order(
    texts: list[tuple[str]], most: int, characters: int
) -> None:
    chunks = list(chunks_of(texts, most, characters))
    assert [text for chunk in chunks for text in chunk] == texts
    assert all(len(chunk) <= most for chunk in chunks)


@given(TEXTS, st.integers(1, 20))
def test_only_a_text_alone_is_longer_than_the_limit(
    texts: list[tuple[str]], characters: int
) -> None:
    for chunk in chunks_of(texts, 100, characters):
        assert len(chunk) <= 1 or sum(len(text) for (text,) in chunk) <= characters


def test_no_texts_are_one_empty_run() -> None:
    assert list(chunks_of([], 5, 5)) == [[]]
