"""Computing what the frozen part of a model puts out: each text goes through it once."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise import settings
from foldwise.errors import StorageError
from foldwise.modeling.model import TextModel
from foldwise.tokenization.batches import Batch, prediction_plan
from foldwise.tokenization.tokens import Tokens, flat_positions
from foldwise.training.device_batch import batch_on, tokens_at_once
from foldwise.training.frozen_states import FrozenStates, Part, frozen_part
from foldwise.training.precision import autocast

NAME = ".frozen.tmp"  # swept away with everything else that a kill leaves half-written
LEFT_FREE = 0.5  # of the disk's free bytes


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts that a stage reads.

    Attributes:
        tokens: of all texts.
        rows: positions of those it reads.
        micro_batch_tokens: padded tokens at once.
        after_batch: gets the number of texts done, and may raise to stop.
    """

    tokens: Tokens
    rows: NDArray[np.int64]
    micro_batch_tokens: int
    after_batch: Callable[[int], None]


@contextmanager
def frozen_states(
    folder: Path, model: TextModel, texts: Texts, hardware: settings.Hardware
) -> Iterator[FrozenStates | None]:
    """The states of the frozen part for `texts`; None if every layer learns.

    They lie in a file in `folder` for as long as the context is open.

    Raises:
        StorageError: they would take more than half of the free disk.
    """
    found = frozen_part(model)
    if found is None:
        yield None
        return
    aside = folder / NAME
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield _computed(aside / "states", *found, model, texts, hardware)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@torch.inference_mode()
def _computed(
    path: Path,
    part: Part,
    layers: int,
    model: TextModel,
    texts: Texts,
    hardware: settings.Hardware,
) -> FrozenStates:
    tokens, rows = texts.tokens, texts.rows
    lengths = tokens.lengths[rows]
    sizes = np.ones(len(rows), np.int64) if part == "pooling" else lengths
    starts = np.full(len(tokens), -1, np.int64)
    starts[rows] = np.cumsum(sizes) - sizes
    values: NDArray[np.float32] | None = None
    done = 0
    model.eval()
    device = next(model.parameters()).device
    for where in prediction_plan(lengths, tokens_at_once(device, texts.micro_batch_tokens)):
        batch = batch_on(device, tokens, rows[where])
        with autocast(hardware.device, hardware.precision):
            states = _states(part, layers, model, batch).float().cpu().numpy()
        if values is None:
            values = _on_disk(path, int(sizes.sum()), states.shape[1])
        values[flat_positions(starts[rows[where]], sizes[where])] = states
        done += len(where)
        texts.after_batch(done)
    if values is None:
        raise ValueError("a fold has rows")
    return FrozenStates(part, layers, values, starts, tokens.lengths)


def _states(part: Part, layers: int, model: TextModel, batch: Batch) -> Tensor:
    """(all tokens, width) of a batch, text by text; (texts, width) with the pooling."""
    inputs = batch.input_ids, batch.attention_mask, batch.token_type_ids
    mask = batch.attention_mask.bool()
    if part == "layers":
        return model.encoder.entering(*inputs, layer=layers)[mask]
    states = model.states(*inputs)
    if part == "pooling":
        vectors: Tensor = model.pooling(states, mask)
        return vectors
    return torch.cat(states, dim=-1)[mask]


def _on_disk(path: Path, rows: int, width: int) -> NDArray[np.float32]:
    needed, free = 4 * rows * width, shutil.disk_usage(path.parent).free
    if needed > LEFT_FREE * free:
        raise StorageError(
            f"the states of the frozen layers take {needed:,} bytes in {path.parent}, more than "
            f"half of the {free:,} that are free; make room, or set training.cache_frozen=false, "
            f"which computes them in every step"
        )
    return np.memmap(path, np.float32, "w+", shape=(rows, width))
