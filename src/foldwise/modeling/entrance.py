"""Beginning a transformer above its lowest layers, from states that they put out before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Entrance:
    """What a family's layer gives the next one.

    Attributes:
        extras: how many entries follow the hidden states in a tuple; None: there is no tuple.
        tokens_first: whether hidden states are (tokens, texts, width) inside, as in XLNet.
    """

    extras: int | None
    tokens_first: bool

    @contextmanager
    def entered(self, layers: nn.ModuleList, below: Tensor, skipped: int) -> Iterator[None]:
        """While open, the lowest `skipped` layers give `below`, (texts, tokens, width)."""
        states = below.transpose(0, 1) if self.tokens_first else below
        given = states if self.extras is None else (states, *[None] * self.extras)
        replaced = list(layers)[:skipped]
        before = [layer.__dict__.get("forward") for layer in replaced]
        for layer in replaced:
            layer.__dict__["forward"] = lambda *_, **__: given
        try:
            yield
        finally:
            for layer, own in zip(replaced, before, strict=True):
                del layer.__dict__["forward"]  # the class's own is there again
                if own is not None:  # or what stood in its place
                    layer.__dict__["forward"] = own


@torch.no_grad()
def entrance_of(layer: nn.Module, run: Callable[[Tensor], Tensor], ids: Tensor) -> Entrance | None:
    """The entrance of a transformer, seen in one run; None where its layers are not called whole.

    Args:
        layer: any of its layers.
        run: makes the last hidden state from token ids (texts, tokens).
        ids: (1, tokens), more than one token.
    """
    seen: list[Any] = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    try:
        run(ids)
    finally:
        handle.remove()
    if not seen:
        return None
    output = seen[0]
    states: Tensor = output[0] if isinstance(output, tuple) else output
    return Entrance(
        extras=len(output) - 1 if isinstance(output, tuple) else None,
        tokens_first=states.shape[0] == ids.shape[1],
    )
