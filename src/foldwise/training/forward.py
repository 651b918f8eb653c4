"""From a micro-batch to its raw outputs: through the whole model, or on from its frozen part."""

from dataclasses import dataclass

from torch import Tensor

from foldwise import settings
from foldwise.modeling.model import TextModel
from foldwise.modeling.packing import Places
from foldwise.tokenization.batches import Batch
from foldwise.training.frozen_states import FrozenStates
from foldwise.training.precision import autocast


@dataclass(frozen=True, eq=False)
class Forward:
    """How a fold's batches go through its model.

    Attributes:
        model: in training or evaluation mode, as its caller set it.
        hardware: says the precision.
        frozen: the states of the frozen part, which is left out then; None: nothing is left out.
    """

    model: TextModel
    hardware: settings.Hardware
    frozen: FrozenStates | None = None

    def __call__(self, batch: Batch) -> Tensor:
        """The raw outputs, (texts, raw outputs)."""
        with autocast(batch.input_ids.device.type, self.hardware.precision):
            if self.frozen is not None:
                return self.frozen.outputs(self.model, batch)
            outputs: Tensor = self.model(
                batch.input_ids,
                batch.attention_mask,
                batch.token_type_ids,
                Places(batch.host_present),
            )
        return outputs


def set_training_mode(model: TextModel, frozen_layers: int) -> None:
    """Training mode, but for the embeddings and lowest layers where such layers do not learn.

    What does not learn computes as in a prediction: its dropout would only add noise that nothing
    above could use, and its outputs could not be reused.
    """
    if not frozen_layers and model.training and model.encoder.training:
        return  # as the step before left it: hundreds of modules are not told again at every step
    model.train()
    layers = model.encoder.layers()
    # an encoder without whole layers may drop out between them, in its own name: all or nothing
    if not frozen_layers or (frozen_layers < len(layers) and not model.encoder.has_whole_layers):
        return
    model.encoder.eval()
    for layer in list(layers)[frozen_layers:]:
        layer.train()
