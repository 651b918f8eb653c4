"""What the frozen part of a model computes, kept on the disk: each text goes through it once.

While the lowest layers do not learn, what they put out never changes. The states that enter the
lowest layer that learns are computed once, and every step begins there. If no layer learns, those
are what the pooling reads; and if the pooling has nothing to learn either, one vector a text.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise import settings
from foldwise.errors import StorageError
from foldwise.modeling.model import TextModel
from foldwise.tokenization.batches import Batch, prediction_plan
from foldwise.tokenization.tokens import Tokens, flat_positions
from foldwise.training.precision import autocast
from foldwise.training.device_batch import batch_on, tokens_at_once
from foldwise.training.rates import layers_of

NAME = ".frozen.tmp"  # swept away with everything else that a kill leaves half-written
LEFT_FREE = 0.5  # of the disk's free bytes
Part = Literal["layers", "encoder", "pooling"]


@dataclass(frozen=True, eq=False)
class FrozenStates:
    """The output of the frozen part for some texts.

    Attributes:
        part: how far up it reaches: the lowest `layers`, the whole encoder, or with the pooling.
        layers: how many of the lowest layers do not learn.
        values: (tokens, width), or (texts, width) with the pooling; float32, on the disk.
        starts: (texts,) where a text's tokens begin in `values`; -1: it is not among them.
        lengths: (texts,) of each text in tokens.
    """

    part: Part
    layers: int
    values: NDArray[np.float32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def outputs(self, model: TextModel, batch: Batch) -> Tensor:
        """The model's raw outputs, (texts, raw outputs), from the states of its frozen part."""
        if self.part == "pooling":
            return model.head(self._vectors(batch))
        states = self._padded(batch)
        if self.part == "layers":
            upper = model.encoder(
                batch.input_ids,
                batch.attention_mask,
                batch.token_type_ids,
                last_layers=model.pooling.layers,
                below=states,
                skipped=self.layers,
            )
            return model.outputs_of(upper, batch.attention_mask.bool())
        last = tuple(states.chunk(model.pooling.layers, dim=-1))
        return model.outputs_of(last, batch.attention_mask.bool())

    def _vectors(self, batch: Batch) -> Tensor:
        rows = self.starts[batch.rows.cpu().numpy()]
        return torch.from_numpy(np.ascontiguousarray(self.values[rows])).to(batch.rows.device)

    def _padded(self, batch: Batch) -> Tensor:
        """(texts, tokens, width), zeros at padding, which nothing reads."""
        rows = batch.rows.cpu().numpy()
        flat = self.values[flat_positions(self.starts[rows], self.lengths[rows])]
        device = batch.input_ids.device
        mask = batch.attention_mask.bool()
        states = torch.zeros(*mask.shape, flat.shape[1], device=device)
        states[mask] = torch.from_numpy(flat).to(device)
        return states


def frozen_part(model: TextModel) -> tuple[Part, int] | None:
    """How far up nothing learns, and how many layers that are; None if the first layer learns.

    An encoder whose layers cannot be entered from outside has no such part below its top.
    """
    frozen = frozen_layers(model)
    if not frozen:
        return None
    groups = {group.name: group for group in model.layer_groups()}
    if frozen == len(layers_of(list(groups))):
        return ("encoder" if "pooling" in groups else "pooling"), frozen
    # the pooling may read states below the first layer that learns: those are computed anew
    entered = min(frozen, model.encoder.depth - model.pooling.layers + 1)
    return ("layers", entered) if entered > 0 and model.encoder.can_be_entered else None


def frozen_layers(model: TextModel) -> int:
    """How many of the lowest layers do not learn; 0 if the embeddings below them do."""
    learns = {
        group.name: any(p.requires_grad for p in group.parameters())
        for group in model.layer_groups()
    }
    layers = layers_of(list(learns))
    if learns["embeddings"]:
        return 0
    return next((i for i, name in enumerate(layers) if learns[name]), len(layers))


@contextmanager
def frozen_states(
    folder: Path,
    model: TextModel,
    tokens: Tokens,
    rows: NDArray[np.int64],
    hardware: settings.Hardware,
    micro_batch_tokens: int,
    after_batch: Callable[[int], None],
) -> Iterator[FrozenStates | None]:
    """The states of the frozen part for the texts at `rows`; None if every layer learns.

    They lie in a file in `folder` for as long as the context is open.

    Args:
        after_batch: gets the number of texts done, and may raise to stop.

    Raises:
        StorageError: they would take more than half of the free disk.
    """
    found = frozen_part(model)
    if found is None:
        yield None
        return
    part, layers = found
    path = folder / NAME
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield _computed(
            path / "states", part, layers, model, tokens, rows, hardware, micro_batch_tokens,
            after_batch,
        )  # fmt: skip
    finally:
        shutil.rmtree(path, ignore_errors=True)


@torch.inference_mode()
def _computed(
    path: Path,
    part: Part,
    layers: int,
    model: TextModel,
    tokens: Tokens,
    rows: NDArray[np.int64],
    hardware: settings.Hardware,
    micro_batch_tokens: int,
    after_batch: Callable[[int], None],
) -> FrozenStates:
    lengths = tokens.lengths[rows]
    sizes = np.ones(len(rows), np.int64) if part == "pooling" else lengths
    starts = np.full(len(tokens), -1, np.int64)
    starts[rows] = np.cumsum(sizes) - sizes
    values: NDArray[np.float32] | None = None
    done = 0
    model.eval()
    device = next(model.parameters()).device
    for where in prediction_plan(lengths, tokens_at_once(device, micro_batch_tokens)):
        batch = batch_on(device, tokens, rows[where])
        with autocast(hardware.device, hardware.precision):
            states = _states(part, layers, model, batch).float().cpu().numpy()
        if values is None:
            shape = (int(sizes.sum()), states.shape[1])
            _check_room(path.parent, 4 * shape[0] * shape[1])
            values = np.memmap(path, np.float32, "w+", shape=shape)
        at = rows[where]
        values[flat_positions(starts[at], sizes[where])] = states
        done += len(where)
        after_batch(done)
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


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > LEFT_FREE * free:
        raise StorageError(
            f"the states of the frozen layers take {needed:,} bytes in {folder}, more than half of "
            f"the {free:,} that are free; make room, or set training.cache_frozen=false, which "
            f"computes them in every step"
        )
