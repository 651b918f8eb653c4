"""Attention for learning in bf16 on a CPU is what torch's own attention is, to rounding."""

import pytest
import torch
from torch import Tensor

from foldwise.modeling.attending import attend_in_bf16, learns_in_bf16_on_cpu


def states(tokens: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(tokens)
    query, key, value = torch.randn(3, 3, 2, tokens, width).bfloat16().unbind()
    return query.requires_grad_(), key.requires_grad_(), value.requires_grad_()


@pytest.mark.parametrize(("tokens", "width"), [(7, 8), (40, 32), (41, 32), (70, 64)])
@pytest.mark.parametrize("scaling", [None, 0.3])
@pytest.mark.parametrize("masked", [True, False])
def test_it_is_torchs_attention_with_its_gradients(
    tokens: int, width: int, scaling: float | None, masked: bool
) -> None:
    ours = states(tokens, width)
    theirs = [x.detach().float().requires_grad_() for x in ours]
    mask = torch.arange(tokens) < torch.tensor([tokens, tokens - 1, 2])[:, None]
    given = mask[:, None, None] if masked else None
    found = attend_in_bf16(*ours, given, scaling=scaling)
    assert found.dtype == torch.bfloat16
    expected = torch.nn.functional.scaled_dot_product_attention(
        theirs[0], theirs[1], theirs[2], attn_mask=given, scale=scaling
    )
    torch.testing.assert_close(found.float(), expected, rtol=0.03, atol=0.03)
    found.square().sum().backward()
    expected.square().sum().backward()
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.grad is not None
        assert other.grad is not None
        assert (mine.grad - other.grad).norm() < 0.03 * other.grad.norm()


def test_weights_are_dropped() -> None:
    query, key, value = states(9, 8)
    found = attend_in_bf16(query, key, torch.ones_like(value), None, dropout=0.5)
    whole = attend_in_bf16(query, key, torch.ones_like(value), None)
    torch.testing.assert_close(whole, torch.ones_like(whole), rtol=0.02, atol=0.02)
    assert found.float().std() > 0.05


def test_it_is_for_learning_in_bf16_alone() -> None:
    query = states(4, 8)[0]
    assert learns_in_bf16_on_cpu(query)
    assert not learns_in_bf16_on_cpu(query.float())
    assert not learns_in_bf16_on_cpu(query.detach())
    with torch.no_grad():
        assert not learns_in_bf16_on_cpu(query)
