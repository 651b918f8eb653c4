"""Batches on the device that computes."""

import numpy as np
import torch
from numpy.typing import NDArray

from foldwise.tokenization.batches import Batch, collate
from foldwise.tokenization.tokens import Tokens

GPU_MULTIPLE = 8  # widths that fill the matrix units; more padding, fewer milliseconds

# Tokens of a batch on a CPU, whose caches are small. Measured on one core with MiniLM and 2,000
# movie snippets: 16,384 tokens 17.7 s and 1,100 MB, 4,096 13.1 s and 880 MB, 2,048 11.5 s and
# 710 MB, 1,024 13.5 s and 700 MB.
CPU_TOKENS = 2048


def batch_on(device: torch.device, tokens: Tokens, positions: NDArray[np.int64]) -> Batch:
    """The texts at `positions` as a batch on `device`; a copy to a GPU is not waited for."""
    on_gpu = device.type == "cuda"
    multiple = GPU_MULTIPLE if on_gpu else 1
    batch = collate(tokens, positions, multiple=multiple, pin_memory=on_gpu)
    return batch.to(device, non_blocking=True)


def tokens_at_once(device: torch.device, most: int) -> int:
    """How many padded tokens to predict at once on `device`, where memory allows `most`."""
    return min(most, CPU_TOKENS) if device.type == "cpu" else most
