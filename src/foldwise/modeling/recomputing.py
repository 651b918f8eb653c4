"""Gradient checkpointing: what a layer computes is computed again for the gradient, not kept."""

from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from foldwise.errors import UsageError
from foldwise.modeling.encoder import Encoder


def recompute_layers(encoder: Encoder) -> None:
    """Let each layer of `encoder` keep its input alone, and compute the rest again for a gradient.

    Chen et al. (2016), https://arxiv.org/abs/1604.06174. The same dropout is drawn again, so that
    no result changes; in an evaluation nothing is kept anyway. Not by transformers' own switch,
    which ALBERT and XLNet lack.

    Raises:
        UsageError: its layers are no modules that are called.
    """
    if not encoder.has_whole_layers:
        raise UsageError(
            "training.gradient_checkpointing needs layers that are called as a whole, which this "
            "encoder's are not; leave it false, and lower training.micro_batch_tokens instead"
        )
    for layer in encoder.layers():
        own = layer.__dict__.get("forward")  # that of `drop_layers`
        function = type(layer).forward if own is None else own.__func__
        # bound to the layer, so that a copy of the model computes layers of its own
        layer.forward = MethodType(_recomputing(function), layer)


def _recomputing(function: Callable[..., Any]) -> Callable[..., Any]:
    """A layer's forward that keeps nothing but its input where something is to be learned."""

    def forward(layer: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if layer.training and torch.is_grad_enabled():
            # not the reentrant kind, which loses the gradient where the embeddings are frozen
            return checkpoint(partial(function, layer), *args, use_reentrant=False, **kwargs)
        return function(layer, *args, **kwargs)

    return forward
