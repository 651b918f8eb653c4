"""Texts one after the other instead of padded: what is computed for padding costs time, too.

All tokens of a batch go through the encoder as one row. Attention alone has to know where a text
ends: texts of one length stand together in a batch, and attend to themselves, length by length.
Krell et al. (2021), https://arxiv.org/abs/2107.02027, mask a packed row instead.
"""

from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from foldwise.modeling.attending import attend_in_bf16, is_short, learns_in_bf16_on_cpu
from foldwise.modeling.rectangle import Length, Rectangle, rectangle_of

PACKED = "foldwise_packed"  # the name of this attention among those of transformers

# Families whose attention knows nothing but a mask of tokens, no windows and no distances; and
# whether they count positions from the padding's id on.
PLAIN = MappingProxyType(
    {
        "albert": False,
        "bert": False,
        "camembert": True,
        "data2vec-text": True,
        "distilbert": False,
        "electra": False,
        "roberta": True,
        "xlm-roberta": True,
        "xlm-roberta-xl": True,
    }
)


@dataclass(frozen=True, eq=False)
class Places:
    """Where a padded batch has tokens, known to the processor: asking a GPU would wait for it.

    Attributes:
        present: (texts, tokens), true at tokens.
    """

    present: NDArray[np.bool_]

    @property
    def are_all(self) -> bool:
        """Whether there is no padding."""
        return bool(self.present.all())

    @property
    def are_some(self) -> bool:
        """Whether there is padding, and something else."""
        return bool(self.present.any()) and not self.are_all


@dataclass(frozen=True, eq=False)
class Packing:
    """The way from a padded batch to one row of tokens, and back.

    Attributes:
        shape: (texts, tokens) of the padded batch.
        count: the texts' tokens.
        at: (places,) int64 where each token stands in the padded batch, row by row; places after
            the texts' tokens repeat the batch's first one, and nothing reads them.
        positions: (1, places) int64 each token's position in its text, from 0.
        lengths: of the texts, in order; equal ones that follow each other are one entry.
    """

    shape: tuple[int, int]
    count: int
    at: Tensor
    positions: Tensor
    lengths: tuple[Length, ...]

    @cached_property
    def rectangle(self) -> Rectangle:
        """The same texts below each other, padded: one for all layers."""
        return rectangle_of(self.lengths, self.positions[0])

    def packed(self, padded: Tensor) -> Tensor:
        """(1, places, ...) from (texts, tokens, ...)."""
        return padded.flatten(0, 1).index_select(0, self.at)[None]

    def padded(self, packed: Tensor) -> Tensor:
        """(texts, tokens, width) from (1, places, width), zeros at padding."""
        texts, tokens = self.shape
        zeros = packed.new_zeros(texts * tokens, packed.shape[-1])
        own = zeros.index_copy(0, self.at[: self.count], packed[0, : self.count])
        return own.view(texts, tokens, -1)


def packing_of(places: Places, device: torch.device, multiple: int = 1) -> Packing:
    """The packing of a batch, its tensors on `device`; a copy to a GPU is not waited for.

    Args:
        places: where the batch has tokens.
        device: of the tensors.
        multiple: what the number of places in the row is a multiple of.
    """
    present = places.present
    counts = present.sum(axis=1)
    at = np.flatnonzero(present)
    begins = np.cumsum(counts) - counts
    positions = np.arange(len(at)) - np.repeat(begins, counts)
    unread = -len(at) % multiple
    changes = np.flatnonzero(np.diff(counts)) + 1
    runs = np.split(counts, changes)
    lengths = tuple((len(run), int(run[0])) for run in runs if run[0])
    return Packing(
        (present.shape[0], present.shape[1]),
        len(at),
        _sent(np.pad(at, (0, unread)), device),
        _sent(np.pad(positions, (0, unread)), device)[None],
        lengths,
    )


def _sent(values: NDArray[np.int64], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(values.astype(np.int64))
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def attend_packed(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    packing: Packing | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of packed texts, each to itself, (1, places, heads, width of a head).

    As transformers calls it: https://huggingface.co/docs/transformers/attention_interface.

    Args:
        module: that attends.
        query: (1, heads, places, width of a head); without `packing` of padded texts.
        key: likewise.
        value: likewise.
        attention_mask: of padded texts.
        dropout: share of attention weights.
        scaling: of scores.
        packing: of the texts; None: they are padded.
        **others: what transformers gives besides.
    """
    if learns_in_bf16_on_cpu(query):
        if packing is None:
            states = attend_in_bf16(query, key, value, attention_mask, dropout, scaling)
            return states.transpose(1, 2), None
        if is_short(max(tokens for _, tokens in packing.lengths), query.shape[-1], dropout):
            with torch.autocast("cpu", enabled=False):  # which would take float32 back
                states = _attended_by_length(
                    query.float(), key.float(), value.float(), packing, dropout, scaling
                )
            return states.to(query.dtype), None
        rectangle = packing.rectangle
        states = attend_in_bf16(
            rectangle.filled(query),
            rectangle.filled(key),
            rectangle.filled(value),
            rectangle.mask,
            dropout,
            scaling,
        )
        return rectangle.emptied(states), None
    if packing is None:
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **others
        )
        return found
    return _attended_by_length(query, key, value, packing, dropout, scaling), None


def _attended_by_length(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    packing: Packing,
    dropout: float,
    scaling: float | None,
) -> Tensor:
    """(1, places, heads, width of a head): texts of one length together, without padding."""
    sizes = [texts * length for texts, length in packing.lengths]
    unread = query.shape[2] - sum(sizes)
    parts = zip(*(x[0].split([*sizes, unread], dim=1) for x in (query, key, value)), strict=True)
    flat = []
    for length, (q, k, v) in zip(packing.lengths, parts, strict=False):  # the last is of no text
        states = nn.functional.scaled_dot_product_attention(
            _by_text(q, length),
            _by_text(k, length),
            _by_text(v, length),
            dropout_p=dropout,
            scale=scaling,
        )
        flat.append(states.transpose(1, 2).flatten(0, 1))
    if unread:
        flat.append(flat[0].new_zeros(unread, *flat[0].shape[1:]))
    return torch.cat(flat)[None]


def _by_text(packed: Tensor, length: Length) -> Tensor:
    """(texts, heads, tokens, width) of texts of one length, from (heads, tokens in all, width)."""
    texts, tokens = length
    heads, _, width = packed.shape
    return packed.view(heads, texts, tokens, width).transpose(0, 1)


AttentionInterface.register(PACKED, attend_packed)
AttentionMaskInterface.register(PACKED, sdpa_mask)
