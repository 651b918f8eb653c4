"""Predictions of a model for tokenized texts, in the order they were asked for."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise import settings
from foldwise.modeling.model import TextModel
from foldwise.tokenization.batches import Batch, collate, prediction_plan
from foldwise.tokenization.tokens import Tokens
from foldwise.training.precision import autocast

GPU_MULTIPLE = 8  # widths that fill the matrix units; more padding, fewer milliseconds

AfterBatch = Callable[[int], None]


def _do_nothing(_done: int) -> None:
    pass


def batch_on(device: torch.device, tokens: Tokens, positions: NDArray[np.int64]) -> Batch:
    """The texts at `positions` as a batch on `device`; a copy to a GPU is not waited for."""
    on_gpu = device.type == "cuda"
    multiple = GPU_MULTIPLE if on_gpu else 1
    batch = collate(tokens, positions, multiple=multiple, pin_memory=on_gpu)
    return batch.to(device, non_blocking=True)


@torch.inference_mode()
def predict(
    model: TextModel,
    tokens: Tokens,
    positions: NDArray[np.int64],
    hardware: settings.Hardware,
    micro_batch_tokens: int,
    after_batch: AfterBatch = _do_nothing,
) -> Tensor:
    """The model's raw outputs for the texts at `positions`: (texts, outputs), float32 on the CPU.

    Sorted by length for speed and put back in order. `after_batch` gets the number of texts done.
    """
    model.eval()
    device = next(model.parameters()).device
    plan = prediction_plan(tokens.lengths[positions], micro_batch_tokens)
    parts: list[Tensor] = []
    done = 0
    for where in plan:
        batch = batch_on(device, tokens, positions[where])
        with autocast(device.type, hardware.precision):
            outputs = model(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        parts.append(outputs.float())
        done += len(where)
        after_batch(done)
    gathered = torch.cat(parts).cpu() if parts else torch.empty(0, model.head.outputs)
    ordered = torch.empty_like(gathered)
    ordered[torch.from_numpy(np.concatenate([*plan, np.empty(0, np.int64)]))] = gathered
    return ordered
