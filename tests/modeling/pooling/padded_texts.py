"""Poolings by their settings, and padded texts for them."""

from typing import Any, get_args

import torch
from torch import Tensor

from foldwise import settings
from foldwise.modeling.pooling import StatesPooling, build_pooling

WIDTH, MAX_LENGTH = 6, 10
KINDS: tuple[settings.PoolingKind, ...] = get_args(settings.PoolingKind)
LEARNING: dict[settings.PoolingKind, int] = {"attention": 3, "gem": 1, "lstm": 8, "gru": 8}


def pooling_of(kind: settings.PoolingKind, seed: int = 3, **fields: Any) -> StatesPooling:
    """The pooling of that kind, always with the same weights."""
    torch.manual_seed(seed)
    chosen = settings.Pooling(kind=kind, **{"hidden": 5, "units": 3, "k": 3, **fields})
    return build_pooling(chosen, WIDTH, max_length=MAX_LENGTH)


def texts(lengths: list[int], *, left: bool = False, layer: int = 0) -> tuple[Tensor, Tensor]:
    """Random hidden states with huge ones of either sign at padding, and the mask."""
    generator = torch.Generator().manual_seed(sum(lengths) + 100 * layer)
    places = torch.arange(max(lengths))
    signs = 1 - 2 * ((places[:, None] + torch.arange(WIDTH)) % 2)
    hidden = (1e4 * signs).repeat(len(lengths), 1, 1)
    counts = torch.tensor(lengths)[:, None]
    mask = places >= max(lengths) - counts if left else places < counts
    for row, own in enumerate(mask):  # the same texts on either side
        hidden[row, own] = torch.randn(lengths[row], WIDTH, generator=generator)
    return hidden, mask
