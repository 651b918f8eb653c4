"""Computing what the frozen part of a model puts out: each text goes through it once.

A part that never learned is the pretrained one, the same in each fold of a run: it is computed by
the fold that needs it first, and read by the others.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise import settings
from foldwise.errors import StorageError
from foldwise.locks import only_driver_of
from foldwise.modeling.model import TextModel
from foldwise.modeling.packing import Places
from foldwise.storage import disk_full_explained, sync_file
from foldwise.tokenization.batches import Batch, prediction_plan
from foldwise.tokenization.tokens import Tokens, flat_positions
from foldwise.training.device_batch import batch_on, tokens_at_once
from foldwise.training.frozen_states import FrozenStates, Part, frozen_part
from foldwise.training.memory import TokenBudget
from foldwise.training.precision import autocast

NAME = ".frozen.tmp"  # swept away with everything else that a kill leaves half-written
LEFT_FREE = 0.5  # of the disk's free bytes
LONGEST_WAIT = 86_400.0  # seconds, for the fold that computes what this one needs too


@dataclass(frozen=True, eq=False)
class Texts:
    """The texts whose states are kept: all that a run learns from, whatever the fold.

    Attributes:
        tokens: of these texts.
        micro_batch_tokens: padded tokens at once.
        after_batch: gets the number of texts done, and may raise to stop.
    """

    tokens: Tokens
    micro_batch_tokens: int
    after_batch: Callable[[int], None]


@dataclass(frozen=True)
class Place:
    """Where states are kept.

    Attributes:
        own: the fold's folder, for states that only this fold has.
        shared: the run's, for those of a part that never learned.
        identity: of the run; states of another are not its own.
        give_up: whether to stop waiting for another fold.
    """

    own: Path
    shared: Path
    identity: str
    give_up: Callable[[], bool] = lambda: False


@contextmanager
def frozen_states(
    place: Place,
    model: TextModel,
    texts: Texts,
    hardware: settings.Hardware,
    *,
    pretrained: bool,
) -> Iterator[FrozenStates | None]:
    """The states of the frozen part for `texts`; None if every layer learns.

    Those of a part that learned before lie in a file for as long as the context is open; those of
    a `pretrained` one are there for the other folds until the run has ended.

    Raises:
        StorageError: they would take more than half of the free disk.
        UsageError: waiting for another fold was given up.
    """
    found = frozen_part(model)
    if found is None:
        yield None
        return
    if pretrained:
        yield _shared(place, *found, model, texts, hardware)
        return
    aside = place.own / NAME
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        _compute(aside / "states", *found, model, texts, hardware)
        yield _read(aside / "states", *found, texts.tokens)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _shared(
    place: Place,
    part: Part,
    layers: int,
    model: TextModel,
    texts: Texts,
    hardware: settings.Hardware,
) -> FrozenStates:
    how = f"{hardware.device}-{hardware.precision}"
    path = place.shared / f"{place.identity[:16]}-{how}-{part}-{layers}"
    with only_driver_of(place.shared, LONGEST_WAIT, place.give_up):
        if not path.is_file():
            aside = path.with_suffix(".tmp")
            _compute(aside, part, layers, model, texts, hardware)
            sync_file(aside)
            aside.rename(path)
    return _read(path, part, layers, texts.tokens)


@torch.inference_mode()
def _compute(
    path: Path,
    part: Part,
    layers: int,
    model: TextModel,
    texts: Texts,
    hardware: settings.Hardware,
) -> None:
    """Write the states of all texts to `path`, fewer texts at once where memory is full."""
    longest = int(texts.tokens.lengths.max(initial=0))
    # of its own: which fold computes what all read is left to chance, and must change no other step
    TokenBudget(texts.micro_batch_tokens, longest).within(
        lambda at_once: _write(
            path, part, layers, model, replace(texts, micro_batch_tokens=at_once), hardware
        ),
        largest=longest * len(texts.tokens),
    )


def _write(
    path: Path,
    part: Part,
    layers: int,
    model: TextModel,
    texts: Texts,
    hardware: settings.Hardware,
) -> None:
    tokens = texts.tokens
    starts, sizes = _layout(part, tokens)
    values: NDArray[np.float32] | None = None
    done = 0
    model.eval()
    device = next(model.parameters()).device
    budget = tokens_at_once(device, texts.micro_batch_tokens)
    for rows in prediction_plan(tokens.lengths, budget):
        batch = batch_on(device, tokens, rows)
        with autocast(hardware.device, hardware.precision):
            states = _states(part, layers, model, batch).float().cpu().numpy()
        if values is None:
            values = _on_disk(path, int(sizes.sum()), states.shape[1])
        values[flat_positions(starts[rows], sizes[rows])] = states
        done += len(rows)
        texts.after_batch(done)


def _layout(part: Part, tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(texts,) where the states of each text begin, and how many it has."""
    sizes = np.ones(len(tokens), np.int64) if part == "pooling" else tokens.lengths
    return np.cumsum(sizes) - sizes, sizes


def _read(path: Path, part: Part, layers: int, tokens: Tokens) -> FrozenStates:
    starts, sizes = _layout(part, tokens)
    values = np.memmap(path, np.float32, "r").reshape(int(sizes.sum()), -1)
    return FrozenStates(part, layers, values, starts, tokens.lengths)


def _states(part: Part, layers: int, model: TextModel, batch: Batch) -> Tensor:
    """(all tokens, width) of a batch, text by text; (texts, width) with the pooling."""
    inputs = batch.input_ids, batch.attention_mask, batch.token_type_ids
    mask, places = batch.attention_mask.bool(), Places(batch.host_present)
    if part == "layers":
        return model.encoder.entering(*inputs, layer=layers, places=places)[mask]
    states = model.states(*inputs, places)
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
    with disk_full_explained(path, needed), path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, needed)  # a full disk shows now, not at some page
    return np.memmap(path, np.float32, "r+", shape=(rows, width))
