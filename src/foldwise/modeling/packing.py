"""Texts one after the other instead of padded: what is computed for padding costs time, too.

All tokens of a batch go through the encoder as one row. Attention alone has to know where a text
ends: texts of one length stand together in a batch, and attend to themselves, length by length.
Krell et al. (2021), https://arxiv.org/abs/2107.02027, mask a packed row instead.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

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

Length = tuple[int, int]  # how many texts one after the other have it, and how many tokens it is


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
        at: (tokens in all,) int64 where each token stands in the padded batch, row by row.
        positions: (1, tokens in all) int64 each token's position in its text, from 0.
        lengths: of the texts, in order; equal ones that follow each other are one entry.
    """

    shape: tuple[int, int]
    at: Tensor
    positions: Tensor
    lengths: tuple[Length, ...]

    def packed(self, padded: Tensor) -> Tensor:
        """(1, tokens in all, ...) from (texts, tokens, ...)."""
        return padded.flatten(0, 1).index_select(0, self.at)[None]

    def padded(self, packed: Tensor) -> Tensor:
        """(texts, tokens, width) from (1, tokens in all, width), zeros at padding."""
        texts, tokens = self.shape
        zeros = packed.new_zeros(texts * tokens, packed.shape[-1])
        return zeros.index_copy(0, self.at, packed[0]).view(texts, tokens, -1)


def packing_of(places: Places, device: torch.device) -> Packing:
    """The packing of a batch, its tensors on `device`; a copy to a GPU is not waited for."""
    present = places.present
    counts = present.sum(axis=1)
    at = np.flatnonzero(present)
    begins = np.cumsum(counts) - counts
    positions = np.arange(len(at)) - np.repeat(begins, counts)
    changes = np.flatnonzero(np.diff(counts)) + 1
    runs = np.split(counts, changes)
    lengths = tuple((len(run), int(run[0])) for run in runs if run[0])
    return Packing(
        (present.shape[0], present.shape[1]),
        _sent(at, device),
        _sent(positions, device)[None],
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
    lengths: tuple[Length, ...] | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of packed texts, each to itself, (1, tokens in all, heads, width of a head).

    As transformers calls it: https://huggingface.co/docs/transformers/attention_interface.

    Args:
        module: that attends.
        query: (1, heads, tokens in all, width of a head); without `lengths` of padded texts.
        key: likewise.
        value: likewise.
        attention_mask: of padded texts.
        dropout: share of attention weights.
        scaling: of scores.
        lengths: of the packed texts; None: the texts are padded.
        **others: what transformers gives besides.
    """
    if lengths is None:
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **others
        )
        return found
    sizes = [texts * length for texts, length in lengths]
    parts = zip(*(x[0].split(sizes, dim=1) for x in (query, key, value)), strict=True)
    attended = [
        _attended(tuple(_by_text(x, length) for x in part), dropout, scaling)
        for length, part in zip(lengths, parts, strict=True)
    ]
    return torch.cat(attended)[None], None


def _by_text(packed: Tensor, length: Length) -> Tensor:
    """(texts, heads, tokens, width) of texts of one length, from (heads, tokens in all, width)."""
    texts, tokens = length
    heads, _, width = packed.shape
    return packed.view(heads, texts, tokens, width).transpose(0, 1)


def _attended(query_key_value: tuple[Tensor, ...], dropout: float, scaling: float | None) -> Tensor:
    """(tokens in all, heads, width) from three of (texts, heads, tokens, width)."""
    query, key, value = query_key_value
    states = nn.functional.scaled_dot_product_attention(
        query, key, value, dropout_p=dropout, scale=scaling
    )
    return states.transpose(1, 2).flatten(0, 1)


AttentionInterface.register(PACKED, attend_packed)
AttentionMaskInterface.register(PACKED, sdpa_mask)
