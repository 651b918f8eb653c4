"""A text's own tokens, moved to the left of its row."""

import torch
from torch import Tensor


def own_tokens_first(hidden: Tensor, mask: Tensor, *, is_reversed: bool = False) -> Tensor:
    """Each text's own tokens from the left on, (texts, tokens, width), then zeros.

    No length has to travel from a GPU to the processor for it.

    Args:
        hidden: (texts, tokens, width).
        mask: (texts, tokens) bool, true at tokens.
        is_reversed: the text's last token comes first.
    """
    key = (~mask).long()
    if is_reversed:
        order = mask.shape[1] - 1 - torch.argsort(key.flip(1), dim=1, stable=True)
    else:
        order = torch.argsort(key, dim=1, stable=True)
    places = torch.arange(mask.shape[1], device=mask.device)
    is_own = places < mask.sum(dim=1, keepdim=True)
    moved = torch.take_along_dim(hidden, order[..., None], dim=1)
    return moved.masked_fill(~is_own[..., None], 0.0)
