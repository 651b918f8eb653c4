from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from foldwise.encoders import EncoderFiles
from foldwise.errors import DataError, FoldwiseWarning
from foldwise.tokenization import encoding
from foldwise.tokenization import tokens as module
from foldwise.tokenization.encoding import Text
from foldwise.tokenization.tokenizer import Padding, Tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from tests.tiny_encoders import FAMILIES, Family

MakeTokenizer = Callable[[Family, int], Tokenizer]
EncoderOf = Callable[[Family], EncoderFiles]

ODD_TEXTS = [
    *(
        "",
        " ",
        "\n\t ",
        "x",
        "\0",
        "a\0b",
        "NA",
        "é",
        "\u200b",
        "😀😀😀",
        "👩‍👩‍👧‍👦",
        "[SEP] </s> <sep>",
    ),
    *("the film " * 30, "x" * 100_000, "the child reads. " * 6000),
]
SEVERAL = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def plain(files: EncoderFiles, texts: list[Text], length: int) -> Any:
    """What transformers gives, one row at a time."""
    options = {"add_prefix_space": True} if "roberta" in files.name else {}
    tokenizer = AutoTokenizer.from_pretrained(files.folder, **options)

    def row(text: Text) -> Any:
        # As a list of one: a single call takes a pair with a blank second text for one text.
        columns = [[part] for part in text]
        options = {"truncation": "longest_first", "return_token_type_ids": True}
        return tokenizer(*columns, max_length=length, **options)

    return [{name: value[0] for name, value in row(text).items()} for text in texts]


def check_against_plain(tokens: Tokens, expected: Any) -> None:
    assert len(tokens) == len(expected)
    for i, one in enumerate(expected):
        at = slice(tokens.offsets[i], tokens.offsets[i + 1])
        assert tokens.ids[at].tolist() == one["input_ids"]
        if tokens.type_ids is not None:
            assert tokens.type_ids[at].tolist() == one["token_type_ids"]


@pytest.mark.parametrize("family", FAMILIES)
def test_ids_equal_those_of_a_plain_call(
    family: Family, encoder_of: EncoderOf, tokenizer_of: MakeTokenizer
) -> None:
    texts: list[Text] = [(text,) for text in ODD_TEXTS]
    tokens = tokenize(tokenizer_of(family, 24), texts, None)
    check_against_plain(tokens, plain(encoder_of(family), texts, 24))


@pytest.mark.parametrize("family", FAMILIES)
def test_ids_of_pairs_equal_those_of_a_plain_call(
    family: Family, encoder_of: EncoderOf, tokenizer_of: MakeTokenizer
) -> None:
    texts: list[Text] = [(a[:200], b[:200]) for a in ODD_TEXTS for b in ODD_TEXTS]
    tokens = tokenize(tokenizer_of(family, 24), texts, None)
    check_against_plain(tokens, plain(encoder_of(family), texts, 24))


@SEVERAL
@given(st.lists(st.tuples(any_text), max_size=8), st.integers(6, 30), st.sampled_from(FAMILIES))
def test_ids_of_any_text_equal_those_of_a_plain_call(
    encoder_of: EncoderOf,
    tokenizer_of: MakeTokenizer,
    texts: list[Text],
    length: int,
    family: Family,
) -> None:
    tokens = tokenize(tokenizer_of(family, length), texts, None)
    check_against_plain(tokens, plain(encoder_of(family), texts, length))


def test_every_text_has_a_token_and_none_too_many(tokenizer_of: MakeTokenizer) -> None:
    for family in FAMILIES:
        tokens = tokenize(tokenizer_of(family, 24), [(text,) for text in ODD_TEXTS], None)
        assert tokens.lengths.min() >= 2
        assert tokens.lengths.max() == 24


def test_cut_texts_are_counted_with_their_whole_lengths(tokenizer_of: MakeTokenizer) -> None:
    texts = [("the " * n,) for n in (0, 2, 14, 15, 500)]
    tokens = tokenize(tokenizer_of("bert", 16), texts, None)
    assert tokens.whole_lengths.tolist() == [2, 4, 16, 17, 502]
    assert tokens.lengths.tolist() == [2, 4, 16, 16, 16]
    assert tokens.truncated.tolist() == [False, False, False, True, True]


def test_a_cut_text_keeps_its_closing_tokens(tokenizer_of: MakeTokenizer) -> None:
    tokenizer = tokenizer_of("xlnet", 6)
    tokens = tokenize(tokenizer, [("film " * 20,)], None)
    words = [tokenizer.backend.id_to_token(i) for i in tokens.ids.tolist()]
    assert words == ["▁film"] * 4 + ["<sep>", "<cls>"]


def test_no_text_gives_no_token(tokenizer_of: MakeTokenizer) -> None:
    tokens = tokenize(tokenizer_of("bert", 16), [], None)
    assert (len(tokens), tokens.ids.size, tokens.offsets.tolist()) == (0, 0, [0])


def test_chunks_change_nothing(
    tokenizer_of: MakeTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [(f"film {i} " * (i % 7),) for i in range(60)]
    whole = tokenize(tokenizer_of("bert", 16), texts, None)
    monkeypatch.setattr(encoding, "CHUNK_TEXTS", 4)
    monkeypatch.setattr(encoding, "CHUNK_CHARACTERS", 50)
    monkeypatch.setattr(module, "TAKEN_AT_ONCE", 3)
    in_chunks = tokenize(tokenizer_of("bert", 16), texts, None)
    np.testing.assert_array_equal(whole.ids, in_chunks.ids)
    np.testing.assert_array_equal(whole.offsets, in_chunks.offsets)


def test_take_gives_the_same_texts_in_another_order(tokenizer_of: MakeTokenizer) -> None:
    texts: list[Text] = [("the film",), ("",), ("a very good story",)]
    tokens = tokenize(tokenizer_of("bert", 16), texts, None)
    expected = tokenize(tokenizer_of("bert", 16), [texts[2], texts[0], texts[2]], None)
    taken = tokens.take([2, 0, 2])
    np.testing.assert_array_equal(taken.ids, expected.ids)
    np.testing.assert_array_equal(taken.offsets, expected.offsets)
    np.testing.assert_array_equal(taken.type_ids, expected.type_ids)


def test_rows_of_one_and_of_two_texts_are_refused_together(tokenizer_of: MakeTokenizer) -> None:
    with pytest.raises(DataError, match=r"got rows of \[1, 2\] texts"):
        tokenize(tokenizer_of("bert", 16), [("a",), ("a", "b")], None)


def test_half_a_surrogate_pair_is_refused_by_name(tokenizer_of: MakeTokenizer) -> None:
    with pytest.raises(DataError, match=r"half a surrogate pair stands in 'bad"):
        tokenize(tokenizer_of("bert", 16), [("good",), ("bad \ud83d",)], None)


def test_ids_outside_of_the_encoders_vocabulary_are_refused(tokenizer_of: MakeTokenizer) -> None:
    small = replace(tokenizer_of("bert", 16), vocabulary=20)
    with pytest.raises(DataError, match="ids must be below the encoder's vocab_size of 20"):
        tokenize(small, [("film",)], None)


# --- the cache -----------------------------------------------------------------------------------


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each call to the tokenizer's backend was for."""
    calls: list[int] = []
    original = encoding.encode

    def counted(tokenizer: Tokenizer, texts: Any) -> Any:
        calls.append(len(texts))
        return original(tokenizer, texts)

    monkeypatch.setattr(module, "encode", counted)
    return calls


def test_each_different_text_is_encoded_once(
    tokenizer_of: MakeTokenizer, tmp_path: Path, encoded: list[int]
) -> None:
    texts: list[Text] = [("film",), ("story",), ("film",)]
    first = tokenize(tokenizer_of("bert", 16), texts, tmp_path)
    again = tokenize(tokenizer_of("bert", 16), texts[::-1], tmp_path)  # another order, same rows
    assert encoded == [2]
    np.testing.assert_array_equal(first.ids, again.ids)
    assert len(list(tmp_path.iterdir())) == 1


def test_other_rules_or_texts_are_kept_apart(
    tokenizer_of: MakeTokenizer, tmp_path: Path, encoded: list[int]
) -> None:
    tokenize(tokenizer_of("bert", 16), [("film",)], tmp_path)
    tokenize(tokenizer_of("bert", 17), [("film",)], tmp_path)
    tokenize(tokenizer_of("roberta", 16), [("film",)], tmp_path)
    tokenize(tokenizer_of("bert", 16), [("fil", "m")], tmp_path)
    assert len(encoded) == len(list(tmp_path.iterdir())) == 4


@given(texts=st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=1), data=st.data())
def test_a_vocabulary_is_what_occurs_in_the_rows_asked_for(
    texts: list[list[int]], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1)))
    lengths = np.array([len(text) for text in texts], np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    ids = np.array([token for text in texts for token in text], np.int32)
    tokens = Tokens(ids, offsets, None, lengths, Padding(id=0, type_id=0, side="right"))
    occur = {token for row in rows for token in texts[row]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TAKEN_AT_ONCE", 2)
        found = tokens.vocabulary(np.array(rows, np.int64))
    assert found.tolist() == sorted(occur)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "swapped"])
def test_a_damaged_cache_is_noticed_and_made_anew(
    damage: str, tokenizer_of: MakeTokenizer, tmp_path: Path, encoded: list[int]
) -> None:
    tokenizer, texts = tokenizer_of("bert", 16), [("a very good film",)]
    good = tokenize(tokenizer, texts, tmp_path)
    (path,) = tmp_path.iterdir()
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[-3] ^= 1
    elif damage == "swapped":
        tokenize(tokenizer, [("a very bad film",)], tmp_path / "other")
        data = bytearray(next((tmp_path / "other").iterdir()).read_bytes())
    path.write_bytes(bytes({"cut": data[:-5], "empty": bytearray()}.get(damage, data)))
    encoded.clear()
    with pytest.warns(FoldwiseWarning, match=r"cached tokens in .* are damaged .*: made anew"):
        again = tokenize(tokenizer, texts, tmp_path)
    np.testing.assert_array_equal(again.ids, good.ids)
    np.testing.assert_array_equal(tokenize(tokenizer, texts, tmp_path).ids, good.ids)
    assert encoded == [1]


def test_what_is_read_back_is_what_was_made(tokenizer_of: MakeTokenizer, tmp_path: Path) -> None:
    texts: list[Text] = [(text[:300], "story") for text in ODD_TEXTS]
    made = tokenize(tokenizer_of("xlnet", 24), texts, tmp_path)
    read = tokenize(tokenizer_of("xlnet", 24), texts, tmp_path)
    for name in ("ids", "offsets", "type_ids", "whole_lengths"):
        one, other = getattr(made, name), getattr(read, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    assert made.padding == read.padding
