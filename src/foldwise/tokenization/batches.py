"""Batches of texts as tensors: padded to their longest text, on the family's side."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise.tokenization.plans import epoch_plan, padding_waste, prediction_plan
from foldwise.tokenization.tokens import Tokens, flat_positions

__all__ = ["Batch", "collate", "epoch_plan", "padding_waste", "prediction_plan"]


@dataclass(frozen=True, eq=False)
class Batch:
    """A few texts, as an encoder reads them.

    Attributes:
        input_ids: (texts, tokens) int64, the padding id where there is no token.
        attention_mask: (texts, tokens) int64, 1 at tokens and 0 at padding; not bool, since XLNet
            computes with it.
        token_type_ids: (texts, tokens) int64 segments, where the encoder takes them.
        rows: (texts,) int64, where each text is in the `Tokens` it came from.
        host_rows: the same in the processor's memory: read without waiting for a GPU.
        host_present: (texts, tokens) where there are tokens, in the processor's memory.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor | None
    rows: Tensor
    host_rows: NDArray[np.int64]
    host_present: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rows)

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> "Batch":
        """The batch on `device`; `non_blocking` only helps if its memory is pinned."""
        moved: dict[str, Any] = {
            field.name: value.to(device, non_blocking=non_blocking)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)


def collate(
    tokens: Tokens,
    rows: Sequence[int] | NDArray[np.int64],
    *,
    multiple: int = 1,
    pin_memory: bool = False,
) -> Batch:
    """The texts at `rows` as one batch, in that order.

    Args:
        tokens: the texts.
        rows: at least one position in `tokens`.
        multiple: the width is rounded up to a multiple of it, 8 for a GPU's matrix units.
            https://docs.nvidia.com/deeplearning/performance/dl-performance-matrix-multiplication
        pin_memory: page-locked memory, which a GPU copies from while the processor goes on.
    """
    at = np.asarray(rows, dtype=np.int64)
    starts = tokens.offsets[at]
    lengths = tokens.offsets[at + 1] - starts
    width = -(-int(lengths.max()) // multiple) * multiple
    columns = np.arange(width)
    if tokens.padding.side == "left":
        present = columns >= (width - lengths)[:, None]
    else:
        present = columns < lengths[:, None]
    source = flat_positions(starts, lengths)  # row by row, as a mask is filled
    input_ids = np.full(present.shape, tokens.padding.id, np.int64)
    input_ids[present] = tokens.ids[source]
    types = None
    if tokens.type_ids is not None:
        types = np.full(present.shape, tokens.padding.type_id, np.int64)
        types[present] = tokens.type_ids[source]
    return Batch(
        _tensor(input_ids, pin_memory),
        _tensor(present.astype(np.int64), pin_memory),
        None if types is None else _tensor(types, pin_memory),
        _tensor(at, pin_memory),
        at,
        present,
    )


def _tensor(array: NDArray[np.int64], pin_memory: bool) -> Tensor:
    tensor = torch.from_numpy(array)
    return tensor.pin_memory() if pin_memory else tensor
