"""LayerDrop: in training, a batch skips a layer of the encoder now and then."""

from collections.abc import Callable
from types import MethodType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from foldwise.errors import UsageError
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.structure import TRACED_TOKENS


class Call(NamedTuple):
    """What a layer was called with, and what it gave."""

    hidden: Tensor
    output: Any


def drop_layers(encoder: Encoder, share: float) -> None:
    """Let each training pass skip each layer of `encoder` with the chance `share`, for the batch.

    https://arxiv.org/abs/1909.11556. A skipped layer gives the hidden states it got. Nothing is
    skipped in evaluation, and no frozen layer ever, since what those compute may have been kept
    from an earlier pass. Random numbers are the processor's, of torch's global generator: a
    GPU's would have to be waited for.

    Raises:
        UsageError: a layer gives more than hidden states, which a skipped one could not make up.
    """
    if not share:
        return
    calls = _calls(encoder)
    for layer in encoder.layers():
        rest = _beside_hidden(layer, calls.get(layer))
        # bound to the layer, so that a copy of the model skips layers of its own
        layer.forward = MethodType(_skipping(share, rest), layer)


def _skipping(share: float, rest: tuple[None, ...] | None) -> Callable[..., Any]:
    """A layer's forward that skips it now and then; `rest` as in `_beside_hidden`."""

    def forward(layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if _is_learning(layer) and torch.rand(()).item() < share:
            hidden = _hidden_of(args, kwargs)
            return hidden if rest is None else (hidden, *rest)
        return type(layer).forward(layer, *args, **kwargs)

    return forward


def _is_learning(layer: nn.Module) -> bool:
    return layer.training and any(parameter.requires_grad for parameter in layer.parameters())


def _beside_hidden(layer: nn.Module, call: Call | None) -> tuple[None, ...] | None:
    """What stands beside the hidden states in a layer's output; None: it is a tensor, no tuple."""
    output = call.output if call else None  # unseen, where a family passes by the layer's hooks
    first, *rest = output if isinstance(output, tuple) else (output,)
    is_hidden = call and isinstance(first, Tensor) and first.shape == call.hidden.shape
    if not is_hidden or any(part is not None for part in rest):
        raise UsageError(
            "encoder.layer_drop needs layers that give hidden states of the shape they got, and "
            f"nothing beside them, which a {type(layer).__name__} does not; leave it 0 for this "
            "encoder"
        )
    return tuple(rest) if isinstance(output, tuple) else None


@torch.no_grad()
def _calls(encoder: Encoder) -> dict[nn.Module, Call]:
    """One call of each layer, seen in one run over a few tokens in evaluation mode."""
    calls: dict[nn.Module, Call] = {}

    def note(layer: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        calls[layer] = Call(_hidden_of(args, kwargs), output)

    handles = [layer.register_forward_hook(note, with_kwargs=True) for layer in encoder.layers()]
    was_training = encoder.training
    ids = torch.arange(TRACED_TOKENS, device=next(encoder.parameters()).device)[None]
    try:
        encoder.eval()(ids, torch.ones_like(ids))
    finally:
        encoder.train(was_training)
        for handle in handles:
            handle.remove()
    return calls


def _hidden_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The hidden states that a layer is called with: its first argument, in every family."""
    hidden: Tensor = args[0] if args else kwargs["hidden_states"]
    return hidden
