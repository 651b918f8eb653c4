"""Attention itself where torch's fused one is slow: learning in bf16 on a CPU.

Forwards it is as fast as any there, but the way back takes five to eight times as long as it needs:
two fifths of a step of MiniLM (benchmarks/speed.md). So short texts are attended to in float32, and
longer ones by plain products.
https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
"""

import torch
from torch import Tensor, nn

SHORT = 1280  # values of a head's part of a text: up to so many float32 beats products in bf16


def learns_in_bf16_on_cpu(query: Tensor) -> bool:
    """Whether there will be a way back from attention in bf16 on a CPU."""
    is_bf16_on_cpu = query.device.type == "cpu" and query.dtype == torch.bfloat16
    return is_bf16_on_cpu and query.requires_grad and torch.is_grad_enabled()


def is_short(tokens: int, width: int, dropout: float) -> bool:
    """Whether a text of so many tokens, in heads of this width, is attended to in float32."""
    return tokens * width <= SHORT and not dropout


def attend_in_bf16(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
) -> Tensor:
    """Weighted means of `value`, (texts, heads, tokens, width of a head), as the fused one has.

    Args:
        query: (texts, heads, tokens, width of a head), like the next two.
        key: see there.
        value: see there.
        mask: (texts, 1, 1 or tokens, tokens), true where a token is attended to; None: all are.
        dropout: share of attention weights.
        scaling: of scores; None: one over the square root of the width.
    """
    if is_short(query.shape[-2], query.shape[-1], dropout):
        with torch.autocast("cpu", enabled=False):  # which would take float32 back
            wide = nn.functional.scaled_dot_product_attention(
                query.float(), key.float(), value.float(), attn_mask=mask, scale=scaling
            )
        return wide.to(query.dtype)
    factor = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = (query * factor) @ key.transpose(-1, -2)
    if mask is not None:
        # added to each score; filling them in would be a pass of its own, and one more back
        lowest = torch.finfo(scores.dtype).min
        scores = scores + torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, lowest)
    return nn.functional.dropout(torch.softmax(scores, dim=-1), dropout) @ value
