"""Packed texts below each other, padded: for attention alone, by products of whole batches."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

WIDTH_MULTIPLE = 16  # tokens: kernels for bf16 on a CPU are compiled for every width anew
Length = tuple[int, int]  # how many texts one after the other have it, and how many tokens it is


@dataclass(frozen=True, eq=False)
class Rectangle:
    """The way from a packed row into a rectangle, and back.

    Attributes:
        texts: how many.
        tokens: of a row, padding included.
        count: the texts' tokens.
        cells: (places,) int64 where each place of the packed row stands, row by row; those that
            nothing reads stand anywhere.
        mask: (texts, 1, 1, tokens), true at tokens.
    """

    texts: int
    tokens: int
    count: int
    cells: Tensor
    mask: Tensor

    def filled(self, packed: Tensor) -> Tensor:
        """(texts, heads, tokens, width) from (1, heads, places, width), zeros at padding."""
        own = packed[0].transpose(0, 1)[: self.count].flatten(1)
        cells = own.new_zeros(self.texts * self.tokens, own.shape[1])
        heads, _, width = packed.shape[1:]
        filled = cells.index_copy(0, self.cells[: self.count], own)
        return filled.view(self.texts, self.tokens, heads, width).transpose(1, 2)

    def emptied(self, filled: Tensor) -> Tensor:
        """(1, places, heads, width) from (texts, heads, tokens, width)."""
        return filled.transpose(1, 2).flatten(0, 1).index_select(0, self.cells)[None]


def rectangle_of(lengths: Sequence[Length], positions: Tensor) -> Rectangle:
    """The rectangle of packed texts.

    Args:
        lengths: of the texts, in order.
        positions: (places,) int64 each token's position in its text.
    """
    counts = torch.tensor([tokens for texts, tokens in lengths for _ in range(texts)])
    count = int(counts.sum())
    tokens = -(-int(counts.max()) // WIDTH_MULTIPLE) * WIDTH_MULTIPLE
    begins = (torch.arange(len(counts)) * tokens).repeat_interleave(counts)
    cells = positions.clone()
    cells[:count] += begins
    mask = torch.arange(tokens) < counts[:, None]
    return Rectangle(len(counts), tokens, count, cells, mask[:, None, None])
