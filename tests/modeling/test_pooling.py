import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from foldwise.modeling.pooling import (
    AttentionPooling,
    ClsPosition,
    FirstTokenPooling,
    MeanPooling,
    Pooling,
)
from tests.modeling.tiny_models import native_kernels

WIDTH = 6


def poolings() -> list[Pooling]:
    torch.manual_seed(3)
    return [
        MeanPooling(),
        FirstTokenPooling("first"),
        FirstTokenPooling("last"),
        AttentionPooling(WIDTH, 5),
    ]


def texts(lengths: list[int], *, left: bool) -> tuple[Tensor, Tensor]:
    """Random hidden states with huge ones at padding, and the mask."""
    generator = torch.Generator().manual_seed(sum(lengths))
    hidden = torch.randn(len(lengths), max(lengths), WIDTH, generator=generator)
    places = torch.arange(max(lengths))
    counts = torch.tensor(lengths)[:, None]
    mask = places >= max(lengths) - counts if left else places < counts
    return torch.where(mask[..., None], hidden, 1e4), mask


lengths_and_side = st.tuples(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.booleans())


@settings(max_examples=25, deadline=None)
@given(lengths_and_side)
def test_padding_never_changes_a_vector(case: tuple[list[int], bool]) -> None:
    lengths, left = case
    hidden, mask = texts(lengths, left=left)
    for pooling in poolings():
        pooled = pooling(hidden, mask)
        for row, own in enumerate(mask):
            # A text's vector in a batch is that of the text alone.
            alone = pooling(hidden[row, own][None], mask[row, own][None])
            torch.testing.assert_close(pooled[row], alone[0], rtol=0, atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(lengths_and_side)
def test_weights_sum_to_one_over_the_tokens_and_are_zero_at_padding(
    case: tuple[list[int], bool],
) -> None:
    hidden, mask = texts(case[0], left=case[1])
    for pooling in poolings():
        weights = pooling.weights(hidden, mask)
        torch.testing.assert_close(weights.sum(dim=1), torch.ones(len(mask)))
        assert (weights[~mask] == 0).all()
        # The vectors are the sums that the weights describe.
        expected = torch.einsum("xt,xtw->xw", weights, hidden)
        torch.testing.assert_close(pooling(hidden, mask), expected, rtol=1e-4, atol=1e-4)


def attention_in_numpy(
    pooling: AttentionPooling, hidden: NDArray[np.float64], length: int
) -> NDArray[np.float64]:
    """The vector of one text, (width,), written token by token."""
    project = pooling.project.weight.detach().double().numpy()
    bias = pooling.project.bias.detach().double().numpy()
    query = pooling.score.weight.detach().double().numpy()[0]
    scores = [float(query @ np.tanh(project @ hidden[i] + bias)) for i in range(length)]
    exponentials = [np.exp(s) for s in scores]
    shares = [e / sum(exponentials) for e in exponentials]
    vector: NDArray[np.float64] = sum(
        (s * h for s, h in zip(shares, hidden[:length], strict=True)), np.zeros(hidden.shape[1])
    )
    return vector


def test_attention_equals_a_plain_reference() -> None:
    torch.manual_seed(0)
    pooling = AttentionPooling(WIDTH, 7)
    lengths = [4, 1, 9]
    hidden, mask = texts(lengths, left=False)
    pooled = pooling(hidden, mask).detach().numpy()
    for row, length in enumerate(lengths):
        expected = attention_in_numpy(pooling, hidden[row].double().numpy(), length)
        np.testing.assert_allclose(pooled[row], expected, rtol=1e-5, atol=1e-6)


def test_mean_equals_the_mean_of_the_tokens() -> None:
    hidden, mask = texts([3, 8], left=False)
    expected = np.stack([hidden[0, :3].numpy().mean(axis=0), hidden[1].numpy().mean(axis=0)])
    np.testing.assert_allclose(MeanPooling()(hidden, mask).numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("position", "left", "place"), [("first", False, 0), ("last", True, -1)])
def test_the_classifiers_token_stands_where_the_family_puts_it(
    position: ClsPosition, left: bool, place: int
) -> None:
    hidden, mask = texts([3, 8], left=left)
    pooled = FirstTokenPooling(position)(hidden, mask)
    torch.testing.assert_close(pooled, hidden[:, place], rtol=0, atol=0)


def test_the_first_token_after_padding_on_the_left_is_the_texts_own() -> None:
    hidden, mask = texts([3, 8], left=True)
    torch.testing.assert_close(FirstTokenPooling("first")(hidden, mask)[0], hidden[0, 5])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_does_not_overflow(dtype: torch.dtype) -> None:
    hidden = torch.full((1, 300, WIDTH), 500.0, dtype=dtype)  # their sum is beyond fp16's 65,504
    mask = torch.ones(1, 300, dtype=torch.bool)
    for pooling in poolings():
        with native_kernels():
            vectors = pooling.to(dtype)(hidden, mask)
        assert vectors.dtype == torch.float32
        torch.testing.assert_close(vectors, torch.full((1, WIDTH), 500.0), rtol=1e-5, atol=0)


def test_extreme_scores_stay_finite() -> None:
    pooling = AttentionPooling(WIDTH, 4)
    with torch.no_grad():
        pooling.score.weight.fill_(1e4)
    hidden, mask = texts([5, 1], left=False)
    hidden.requires_grad_(True)
    vectors = pooling(hidden, mask)
    vectors.sum().backward()
    assert vectors.isfinite().all()
    assert hidden.grad is not None
    assert hidden.grad.isfinite().all()


def test_every_weight_of_the_attention_can_learn() -> None:
    # A bias after the last layer would be cancelled by the softmax and get no gradient.
    pooling = AttentionPooling(WIDTH, 4)
    hidden, mask = texts([5, 3], left=False)
    pooling(hidden, mask)[:, 0].sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 1e-8 for p in pooling.parameters())


def test_a_text_without_tokens_cannot_pass_unnoticed() -> None:
    hidden, mask = torch.ones(1, 3, WIDTH), torch.zeros(1, 3, dtype=torch.bool)
    assert MeanPooling()(hidden, mask).isnan().all()
    assert AttentionPooling(WIDTH, 4)(hidden, mask).isnan().all()
