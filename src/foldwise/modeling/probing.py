"""What must not matter to an encoder, tried on a few tokens: padding, and how it is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from foldwise.modeling.packing import Places
from foldwise.modeling.structure import TRACED_TOKENS


@torch.no_grad()
def padding_change(encoder: nn.Module, padding: int) -> float:
    """By how much padding changes hidden states, as a share of the largest.

    More than rounding in families that look at padding, as those with convolutions over tokens do.

    Args:
        encoder: from token ids and mask to a tuple of hidden states, the last one first or alone.
        padding: its token id.
    """
    ids = torch.arange(TRACED_TOKENS, device=_device(encoder))[None]
    mask, pads, zeros = torch.ones_like(ids), torch.full_like(ids, padding), torch.zeros_like(ids)
    with _evaluating(encoder):
        alone: Tensor = encoder(ids, mask)[0]
        padded = encoder(torch.cat([ids, pads], 1), torch.cat([mask, zeros], 1))[0]
    return float((padded[:, :TRACED_TOKENS] - alone).abs().max() / alone.abs().max())


@torch.no_grad()
def is_told_alike(encoder: nn.Module, padding: int) -> bool:
    """Whether `encoder` computes the same when it is told where tokens are, besides the mask.

    For a batch with padding, and for one without.
    """
    count = 2 * TRACED_TOKENS
    known = [i for i in range(count + 1) if i != padding][:count]
    ids = torch.tensor(known, device=_device(encoder)).view(2, TRACED_TOKENS)
    ids[0, 1] = padding  # a text may spell it out
    mask = torch.ones_like(ids, dtype=torch.bool)
    mask[1, TRACED_TOKENS // 2 :] = False
    ids = ids.masked_fill(~mask, padding)
    with _evaluating(encoder):
        return all(_is_told_alike(encoder, ids[:texts], mask[:texts]) for texts in (2, 1))


def _is_told_alike(encoder: nn.Module, ids: Tensor, mask: Tensor) -> bool:
    told = encoder(ids, mask, places=Places(mask.cpu().numpy()))[0]
    return torch.allclose(told[mask], encoder(ids, mask)[0][mask], rtol=1e-4, atol=1e-5)


def _device(encoder: nn.Module) -> torch.device:
    return next(encoder.parameters()).device


@contextmanager
def _evaluating(encoder: nn.Module) -> Iterator[None]:
    was_training = encoder.training
    encoder.eval()
    try:
        yield
    finally:
        encoder.train(was_training)
