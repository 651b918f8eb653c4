"""Beginning a transformer above its lowest layers, from states that they put out before."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

HIDDEN_STATES = ("hidden_states", "output_h")  # where a family names them: the rest, XLNet


@dataclass(frozen=True)
class Entrance:
    """What a family's layer gives the next one.

    Attributes:
        extras: how many entries follow the hidden states in a tuple; None: there is no tuple.
        tokens_first: whether hidden states are (tokens, texts, width) inside, as in XLNet.
    """

    extras: int | None
    tokens_first: bool

    def reached(self, layer: nn.Module, run: Callable[[], object]) -> Tensor:
        """What `run` brings to `layer`, where it ends: (texts, tokens, width)."""
        handle = layer.register_forward_pre_hook(_leave, with_kwargs=True)
        try:
            run()
        except _Reached as reached:
            states = reached.states
            return states.transpose(0, 1) if self.tokens_first else states
        finally:
            handle.remove()
        raise ValueError("the run did not come to the layer")

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


class _Reached(Exception):  # no error: a run that has come far enough
    """Carries the hidden states that a layer was about to be called with."""

    def __init__(self, states: Tensor) -> None:
        super().__init__()
        self.states = states


def _leave(_layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    named = (kwargs[name] for name in HIDDEN_STATES if name in kwargs)
    raise _Reached(args[0] if args else next(named))


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
