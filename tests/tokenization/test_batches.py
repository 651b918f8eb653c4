from collections.abc import Callable

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from foldwise.encoders import EncoderFiles
from foldwise.tokenization.batches import collate
from foldwise.tokenization.encoding import Text
from foldwise.tokenization.tokenizer import Tokenizer
from foldwise.tokenization.tokens import tokenize
from tests.tiny_encoders import FAMILIES, Family

MakeTokenizer = Callable[[Family, int], Tokenizer]
EncoderOf = Callable[[Family], EncoderFiles]

TEXTS: list[Text] = [("the film",), ("",), ("a very good story of the sun",), ("x",)]
PAIRS: list[Text] = [("the film", "bad"), ("", ""), ("a good story", "the sun is not a book")]


@pytest.mark.parametrize("texts", [TEXTS, PAIRS], ids=["texts", "pairs"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_equals_the_plain_padded_call(
    family: Family, texts: list[Text], encoder_of: EncoderOf, tokenizer_of: MakeTokenizer
) -> None:
    rows = [2, 0, 1]
    batch = collate(tokenize(tokenizer_of(family, 24), texts, None), rows)
    options = {"add_prefix_space": True} if family == "roberta" else {}
    plain = AutoTokenizer.from_pretrained(encoder_of(family).folder, **options)(
        *[list(column) for column in zip(*(texts[row] for row in rows), strict=True)],
        padding=True,
        return_tensors="pt",
        return_token_type_ids=True,
    )
    assert torch.equal(batch.input_ids, plain["input_ids"])
    assert torch.equal(batch.attention_mask, plain["attention_mask"])
    if batch.token_type_ids is not None:
        assert torch.equal(batch.token_type_ids, plain["token_type_ids"])
    assert batch.rows.tolist() == rows
    assert len(batch) == 3


@pytest.mark.parametrize("family", FAMILIES)
def test_a_text_alone_has_the_vectors_it_has_in_a_batch(
    family: Family, encoder_of: EncoderOf, tokenizer_of: MakeTokenizer
) -> None:
    model = AutoModel.from_pretrained(encoder_of(family).folder, dtype=torch.float32).eval()
    tokenizer = tokenizer_of(family, 24)
    tokens = tokenize(tokenizer, TEXTS, None)
    together = collate(tokens, range(4), multiple=8)
    types = {} if together.token_type_ids is None else {"token_type_ids": together.token_type_ids}
    vectors = model(
        input_ids=together.input_ids, attention_mask=together.attention_mask, **types
    ).last_hidden_state
    for row in range(4):
        one = collate(tokens, [row])
        types = {} if one.token_type_ids is None else {"token_type_ids": one.token_type_ids}
        alone = model(
            input_ids=one.input_ids, attention_mask=one.attention_mask, **types
        ).last_hidden_state[0]
        inside = vectors[row][together.attention_mask[row].bool()]
        # rule: padding never changes a prediction
        torch.testing.assert_close(inside, alone, atol=1e-5, rtol=1e-4)


def test_a_batch_is_as_wide_as_its_longest_text_or_the_next_multiple(
    tokenizer_of: MakeTokenizer,
) -> None:
    tokens = tokenize(tokenizer_of("bert", 24), TEXTS, None)
    assert collate(tokens, [0, 1]).input_ids.shape == (2, 4)
    wide = collate(tokens, [0, 1], multiple=8)
    assert wide.input_ids.shape == (2, 8)
    assert wide.attention_mask.sum(1).tolist() == [4, 2]


def test_an_array_of_rows_is_taken_and_moved_along(tokenizer_of: MakeTokenizer) -> None:
    tokens = tokenize(tokenizer_of("bert", 24), TEXTS, None)
    batch = collate(tokens, np.array([3, 3], dtype=np.int64)).to("meta", non_blocking=True)
    for tensor in (batch.input_ids, batch.attention_mask, batch.token_type_ids, batch.rows):
        assert tensor is not None
        assert tensor.device.type == "meta"
        assert tensor.dtype == torch.int64


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_pinned_batches_reach_the_gpu_unchanged(tokenizer_of: MakeTokenizer) -> None:
    tokens = tokenize(tokenizer_of("bert", 24), TEXTS, None)
    pinned = collate(tokens, [0, 2], pin_memory=True)
    assert pinned.input_ids.is_pinned()
    moved = pinned.to("cuda", non_blocking=True)
    assert torch.equal(moved.input_ids.cpu(), collate(tokens, [0, 2]).input_ids)
