"""What the frozen part of a model put out, and a model that goes on from there.

While the lowest layers do not learn, what they put out never changes. The states that enter the
lowest layer that learns are computed once, and every step begins there. If no layer learns, those
are what the pooling reads; and if the pooling has nothing to learn either, one vector a text.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise.modeling.model import TextModel
from foldwise.modeling.packing import Places
from foldwise.tokenization.batches import Batch
from foldwise.tokenization.tokens import flat_positions
from foldwise.training.rates import layers_of

Part = Literal["layers", "encoder", "pooling"]


@dataclass(frozen=True, eq=False)
class FrozenStates:
    """The output of the frozen part for some texts.

    Attributes:
        part: how far up it reaches: the lowest `layers`, the whole encoder, or with the pooling.
        layers: how many of the lowest layers do not learn.
        values: (tokens, width), or (texts, width) with the pooling; float32, on the disk.
        starts: (texts,) where a text's states begin in `values`.
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
            outputs: Tensor = model.head(self._vectors(batch))
            return outputs
        states = self._padded(batch)
        if self.part == "layers":
            upper = model.encoder(
                batch.input_ids,
                batch.attention_mask,
                batch.token_type_ids,
                last_layers=model.pooling.layers,
                below=states,
                skipped=self.layers,
                places=Places(batch.host_present),
            )
            return model.outputs_of(upper, batch.attention_mask.bool())
        last = tuple(states.chunk(model.pooling.layers, dim=-1))
        return model.outputs_of(last, batch.attention_mask.bool())

    def _vectors(self, batch: Batch) -> Tensor:
        rows = self.starts[batch.host_rows]
        vectors = torch.from_numpy(np.ascontiguousarray(self.values[rows]))
        return _sent(vectors, batch.rows.device)

    def _padded(self, batch: Batch) -> Tensor:
        """(texts, tokens, width), zeros at padding, which nothing reads."""
        rows = batch.host_rows
        flat = self.values[flat_positions(self.starts[rows], self.lengths[rows])]
        states = np.zeros((*batch.host_present.shape, flat.shape[1]), dtype=np.float32)
        states[batch.host_present] = flat
        return _sent(torch.from_numpy(states), batch.rows.device)


def _sent(values: Tensor, device: torch.device) -> Tensor:
    """`values` on their way to `device`; a copy to a GPU is not waited for."""
    if device.type == "cpu":
        return values
    return values.pin_memory().to(device, non_blocking=True)


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
