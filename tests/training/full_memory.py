"""A stand-in for a GPU whose memory holds so many padded tokens at once."""

import pytest
import torch
from torch import Tensor

from foldwise.tokenization.batches import Batch
from foldwise.training.forward import Forward

SAID = "CUDA out of memory. Tried to allocate 20.00 MiB."


def hold_at_most(
    patch: pytest.MonkeyPatch,
    tokens: int,
    *,
    learning_only: bool = False,
    predicting_only: bool = False,
) -> None:
    """Let each larger micro-batch find the memory full, as torch says it on a GPU."""
    whole = Forward.__call__

    def call(forward: Forward, batch: Batch) -> Tensor:
        spared = predicting_only if forward.model.training else learning_only
        if batch.input_ids.numel() > tokens and not spared:
            raise torch.OutOfMemoryError(f"{SAID}\nSee documentation for Memory Management")
        return whole(forward, batch)

    patch.setattr(Forward, "__call__", call)
