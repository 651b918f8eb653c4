"""Top layers of an encoder from random weights, as before its pretraining."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn

from foldwise.errors import UsageError, listed
from foldwise.modeling.encoder import Encoder


@torch.no_grad()
def reinitialise_top(encoder: Encoder, layers: int) -> None:
    """Give the `layers` top layers the random weights that their family starts pretraining with.

    https://arxiv.org/abs/2006.05987, section 4. A norm after the last layer (ModernBERT's) starts
    anew with it. The weights depend on torch's seed.

    Raises:
        UsageError: there are fewer layers, they share their weights, or a weight has no initialiser
            in the family.
    """
    if not layers:
        return
    _check(encoder, layers)
    groups = encoder.layer_groups()[-layers:]
    before = {name: p.clone() for group in groups for name, p in group.named.items()}
    initialise = cast("Any", encoder.backbone)._init_weights
    for layer in encoder.layers()[-layers:]:
        _unmark(layer.parameters())
        # each module after those inside it: some families set their parts' weights from above
        layer.apply(initialise)
    _initialise_outside(encoder, initialise)
    after = {name: p for group in groups for name, p in group.named.items()}
    _check_changed(before, after)


def _check(encoder: Encoder, layers: int) -> None:
    count = len(encoder.layers())
    if layers > count:
        raise UsageError(
            f"encoder.reinitialise must be at most {count}, the layers of this encoder, got "
            f"{layers}; lower it"
        )
    if count != encoder.depth:
        raise UsageError(
            f"encoder.reinitialise={layers} would start the whole encoder anew: its "
            f"{encoder.depth} layers share {count} set of weights; leave it 0"
        )


def _initialise_outside(encoder: Encoder, initialise: Callable[[nn.Module], None]) -> None:
    """The same for the modules of the last layer's group that are not in the layer."""
    inside = {id(p) for p in encoder.layers()[-1].parameters()}
    for name, parameter in encoder.layer_groups()[-1].named.items():
        if id(parameter) not in inside:
            _unmark([parameter])
            initialise(encoder.get_submodule(name.rpartition(".")[0]))


def _unmark(parameters: Iterable[nn.Parameter]) -> None:
    """Take off the mark by which transformers leaves weights alone that came from a file."""
    for parameter in parameters:
        cast("Any", parameter)._is_hf_initialized = False


def _check_changed(before: dict[str, Tensor], after: dict[str, nn.Parameter]) -> None:
    """Check that every weight is new: random ones differ, constant ones are all 0 or all 1."""
    kept = [
        name
        for name, parameter in after.items()
        if not parameter.isfinite().all()
        or (
            torch.equal(parameter, before[name])
            and not (parameter == 0).all()
            and not (parameter == 1).all()
        )
    ]
    if kept:
        raise UsageError(
            f"encoder.reinitialise needs a family that can initialise all weights of a layer, but "
            f"this one left {len(kept)} as they were: {listed(kept)}; leave it 0"
        )
