"""Predictions of a model for tokenized texts, in the order they were asked for."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise.tokenization.batches import prediction_plan
from foldwise.tokenization.tokens import Tokens
from foldwise.training.device_batch import batch_on, tokens_at_once
from foldwise.training.forward import Forward

AfterBatch = Callable[[int], None]


def do_nothing(_done: int) -> None:
    """Take no notice."""


@torch.inference_mode()
def predict(
    forward: Forward,
    tokens: Tokens,
    positions: NDArray[np.int64],
    micro_batch_tokens: int,
    after_batch: AfterBatch = do_nothing,
) -> Tensor:
    """The model's raw outputs for the texts at `positions`: (texts, outputs), float32 on the CPU.

    Sorted by length for speed and put back in order. `after_batch` gets the number of texts done.
    """
    forward.model.eval()
    device = next(forward.model.parameters()).device
    budget = tokens_at_once(device, micro_batch_tokens)
    plan = prediction_plan(tokens.lengths[positions], budget)
    parts: list[Tensor] = []
    done = 0
    for where in plan:
        batch = batch_on(device, tokens, positions[where])
        parts.append(forward(batch).float())
        done += len(where)
        after_batch(done)
    gathered = torch.cat(parts).cpu() if parts else torch.empty(0, forward.model.head.outputs)
    ordered = torch.empty_like(gathered)
    ordered[torch.from_numpy(np.concatenate([*plan, np.empty(0, np.int64)]))] = gathered
    return ordered
