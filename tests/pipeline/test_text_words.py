"""Words of a text, and weights on them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foldwise.pipeline.text_words import on_words, word_spans


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


def test_a_mark_is_a_word_and_a_contraction_is_one() -> None:
    assert words_of("I don't like well-made 'films'!?") == [
        *("I", "don't", "like", "well-made", "'", "films", "'", "!", "?")
    ]
    assert words_of(" \n") == []


def test_pieces_of_a_word_are_added_up() -> None:
    words = word_spans("boring film")
    weights = on_words([(0, 3), (3, 6), (7, 11)], np.array([0.1, 0.3, 0.4]), words)
    np.testing.assert_allclose(weights, [0.4, 0.4])


def test_a_token_over_two_words_is_divided_by_characters() -> None:
    words = word_spans("wow!!")  # three letters, and two marks that are words of their own
    np.testing.assert_allclose(on_words([(0, 5)], np.array([1.0]), words), [0.6, 0.2, 0.2])


def test_white_space_has_no_word_to_weigh() -> None:
    assert on_words([(0, 1)], np.array([1.0]), word_spans(" a")).tolist() == [0.0]
    assert on_words([(0, 1)], np.array([1.0]), ()).shape == (0,)


@given(text=st.text(max_size=40), cuts=st.sets(st.integers(0, 40)))
def test_no_weight_is_lost_but_on_what_is_no_word(text: str, cuts: set[int]) -> None:
    borders = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    spans = list(zip(borders[:-1], borders[1:], strict=True))
    weights = np.linspace(1.0, 2.0, len(spans))
    lost = [w for (a, b), w in zip(spans, weights, strict=True) if not text[a:b].strip()]
    placed = on_words(spans, weights, word_spans(text))
    assert placed.min(initial=0.0) >= 0
    np.testing.assert_allclose(placed.sum(), weights.sum() - sum(lost))
