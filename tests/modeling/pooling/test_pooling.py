"""What holds for every pooling, and for any two side by side."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from foldwise import settings
from foldwise.modeling.pooling import StatesPooling, WeightedPooling
from tests.modeling.pooling.padded_texts import (
    KINDS,
    LEARNING,
    MAX_LENGTH,
    WIDTH,
    pooling_of,
    texts,
)
from tests.modeling.tiny_models import native_kernels

every_kind = pytest.mark.parametrize("kind", KINDS)
lengths_of_texts = st.lists(st.integers(1, 9), min_size=1, max_size=5)
combinations: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "beside": st.sampled_from([*KINDS, "none"]),
        "layers": st.integers(1, 3),
        "combine": st.sampled_from(["concatenate", "weighted"]),
        "bottleneck": st.sampled_from([0, 4]),
        "form": st.sampled_from(["tanh", "gelu"]),
        "k": st.integers(1, 12),
    }
)


def check_that_padding_does_not_matter(pooling: StatesPooling, lengths: list[int]) -> None:
    vectors = []
    for left in (False, True):
        mask = texts(lengths, left=left)[1]
        states = [texts(lengths, left=left, layer=i)[0] for i in range(pooling.layers)]
        vectors.append(pooling(states, mask))
        assert vectors[-1].shape == (len(lengths), pooling.width)
        for row, own in enumerate(mask):
            alone = pooling([state[row, own][None] for state in states], own[own][None])
            torch.testing.assert_close(vectors[-1][row], alone[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(*vectors, rtol=1e-4, atol=1e-5)


@every_kind
@trials(max_examples=10, deadline=None)
@given(lengths=lengths_of_texts, fields=combinations)
def test_a_texts_vector_in_a_batch_is_that_of_the_text_alone(
    kind: settings.PoolingKind, lengths: list[int], fields: dict[str, Any]
) -> None:
    check_that_padding_does_not_matter(pooling_of(kind, **fields), lengths)


@every_kind
def test_the_comparison_above_would_notice_padding_that_counts(kind: settings.PoolingKind) -> None:
    (hidden, mask), pooling = texts([3, 8], left=True), pooling_of(kind)
    unmasked = pooling([hidden], torch.ones_like(mask))
    assert not torch.allclose(unmasked[0], pooling([hidden], mask)[0])


@every_kind
def test_what_stands_at_padding_gets_no_gradient(kind: settings.PoolingKind) -> None:
    hidden, mask = texts([3, 8, 1], left=True)
    hidden.requires_grad_(True)
    pooling_of(kind)([hidden], mask).square().sum().backward()
    assert hidden.grad is not None
    assert hidden.grad.isfinite().all()
    assert (hidden.grad[~mask] == 0).all()
    assert (hidden.grad[mask] != 0).any()


@every_kind
@pytest.mark.parametrize("form", ["tanh", "gelu"])
def test_every_parameter_learns(kind: settings.PoolingKind, form: str) -> None:
    pooling = pooling_of(kind, layers=2, combine="weighted", bottleneck=4, form=form)
    states = [texts([5, 3], layer=i)[0] for i in range(2)]
    pooling(states, texts([5, 3])[1]).square().sum().backward()
    learned = {name: p.grad for name, p in pooling.named_parameters()}
    own = LEARNING.get(kind, 0) + (2 if kind == "attention" and form == "gelu" else 0)
    assert len(learned) == own + 3  # the layers' weights and the bottleneck
    assert [n for n, grad in learned.items() if grad is None or grad.abs().max() < 1e-9] == []


@every_kind
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_neither_overflows_nor_comes_out(
    kind: settings.PoolingKind, dtype: torch.dtype
) -> None:
    # A sum of a text's values is beyond fp16's 65,504.
    tokens = MAX_LENGTH if kind == "flatten" else 300
    hidden = torch.full((1, tokens, WIDTH), 500.0, dtype=dtype)
    with native_kernels(), torch.autocast("cpu", dtype):
        vectors = pooling_of(kind)([hidden], torch.ones(1, tokens, dtype=torch.bool))
    assert vectors.dtype == torch.float32
    assert vectors.isfinite().all()
    if kind not in ("lstm", "gru", "flatten"):
        torch.testing.assert_close(vectors, torch.full((1, WIDTH), 500.0), rtol=1e-4, atol=0)


@every_kind
def test_a_text_without_tokens_cannot_pass_unnoticed(kind: settings.PoolingKind) -> None:
    hidden, mask = texts([3, 2])
    mask[1] = False
    vectors = pooling_of(kind)([hidden], mask)
    assert vectors[1].isnan().all()
    assert vectors[0].isfinite().all()


@trials(max_examples=25, deadline=None)
@given(lengths=lengths_of_texts, left=st.booleans())
def test_weights_sum_to_one_over_the_tokens_and_are_zero_at_padding(
    lengths: list[int], left: bool
) -> None:
    hidden, mask = texts(lengths, left=left)
    for kind in KINDS:
        pooling = pooling_of(kind).main
        if isinstance(pooling, WeightedPooling):
            weights = pooling.weights(hidden, mask)
            torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(mask)))
            assert (weights[~mask] == 0).all()
            # The vectors are the sums that the weights describe.
            expected = torch.einsum("xt,xtw->xw", weights, hidden)
            torch.testing.assert_close(pooling(hidden, mask), expected, rtol=1e-4, atol=1e-4)
