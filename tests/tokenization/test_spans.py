"""Where tokens stand in their text."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.tokenization.encoding import Text
from foldwise.tokenization.spans import token_spans
from foldwise.tokenization.tokenizer import Tokenizer
from foldwise.tokenization.tokens import tokenize
from tests.tiny_encoders import FAMILIES, Family

MakeTokenizer = Callable[[Family, int], Tokenizer]

SINGLE: list[Text] = [
    ("the film was  very good, but awful.",),
    ("",),
    ("  a child reads the book slowly on the light water of the earth ",),
    ("naïve 🎬 film",),
]
PAIRS: list[Text] = [
    ("the good film", "the bad film is not very good and awful"),
    ("", "funny"),
    ("the child reads a book slowly", "a"),
]


def check_same_tokens(tokenizer: Tokenizer, texts: Sequence[Text]) -> None:
    """Check that places without a span hold special tokens, in the tokens of the training."""
    tokens = tokenize(tokenizer, texts, cache=None)
    for i, parts in enumerate(token_spans(tokenizer, texts)):
        ids = tokens.ids[tokens.offsets[i] : tokens.offsets[i + 1]]
        own = np.concatenate([part.places for part in parts])
        assert len(parts) == len(texts[i])
        assert all(len(part.places) == len(part.spans) for part in parts)
        special = np.delete(ids, own)
        decoded = [tokenizer.backend.id_to_token(int(number)) for number in special]
        assert len(special) == tokenizer.backend.num_special_tokens_to_add(len(parts) == 2)
        assert all(token[0] in "[<" for token in decoded), decoded


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("length", [9, 64])
def test_tokens_are_those_of_the_training_also_where_they_are_cut(
    family: Family, length: int, tokenizer_of: MakeTokenizer
) -> None:
    for texts in (SINGLE, PAIRS):
        check_same_tokens(tokenizer_of(family, length), texts)


@pytest.mark.parametrize("family", FAMILIES)
def test_known_words_stand_where_they_are_read(family: Family, tokenizer_of: MakeTokenizer) -> None:
    (part,) = token_spans(tokenizer_of(family, 64), [("the film  was good",)])[0]
    assert [span for span in part.spans if span[1] > span[0]][:2] == [(0, 3), (4, 8)]
    assert part.spans[-1] == (14, 18)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_text_of_a_pair_has_its_own_characters(
    family: Family, tokenizer_of: MakeTokenizer
) -> None:
    first, second = token_spans(tokenizer_of(family, 64), [("the film", "good book")])[0]
    assert (first.spans, second.spans) == (((0, 3), (4, 8)), ((0, 4), (5, 9)))
    assert first.places.max() < second.places.min()


def test_a_pair_that_is_cut_leaves_the_tokenizer_as_it_was(tokenizer_of: MakeTokenizer) -> None:
    tokenizer = tokenizer_of("bert", 8)
    token_spans(tokenizer, PAIRS)
    assert tokenizer.backend.truncation is None


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_spans_of_any_text_are_in_order_and_inside(text: str, tokenizer_of: MakeTokenizer) -> None:
    for family in FAMILIES:
        (part,) = token_spans(tokenizer_of(family, 32), [(text,)])[0]
        starts, ends = [s for s, _ in part.spans], [e for _, e in part.spans]
        assert starts == sorted(starts)
        assert ends == sorted(ends)
        assert all(0 <= start <= end <= len(text) for start, end in part.spans)


def test_no_texts_have_no_spans(tokenizer_of: MakeTokenizer) -> None:
    assert token_spans(tokenizer_of("bert", 8), []) == []
