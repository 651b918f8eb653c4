"""Where an encoder's layers are, and what each of its other parameters is for.

Found from the modules and from one traced run over four tokens, never from the order of
`named_parameters()` or from a list of families.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from foldwise.errors import UsageError

TRACED_TOKENS = 4


@dataclass(frozen=True)
class Structure:
    """The parts of an encoder, by their dotted names in it.

    Attributes:
        layers: the module list of the transformer layers; several, where a layer's parts stand in
            a list each, as in XLM.
        above: modules that run only after the last layer, such as ModernBERT's final norm.
        unused: trainable parameters that no output depends on, such as XLNet's mask embedding.
    """

    layers: tuple[str, ...]
    above: frozenset[str]
    unused: tuple[str, ...]

    def layer_of(self, name: str) -> int | None:
        """The number of the layer that a module or parameter is in; None outside of the layers."""
        for path in self.layers:
            if name.startswith(f"{path}."):
                return int(name.removeprefix(f"{path}.").split(".")[0])
        return None


def find_layers(backbone: nn.Module, config: Any) -> tuple[str, ...]:
    """The dotted names of the outermost module lists with one entry a layer.

    There is one, or several side by side, which may hold the parts of each layer. In ALBERT, whose
    layers share their weights, it has one entry a group of layers that share.

    Raises:
        UsageError: there is no such list, or one here and one there, as in an encoder with a
            decoder.
    """
    length = getattr(config, "num_hidden_groups", config.num_hidden_layers)
    found: list[str] = []
    for name, module in backbone.named_modules():
        is_inside = any(name.startswith(f"{outer}.") for outer in found)
        if isinstance(module, nn.ModuleList) and len(module) == length and not is_inside:
            found.append(name)
    if len({name.rpartition(".")[0] for name in found}) != 1:
        raise _without_one_list(config.model_type, length, found)
    return tuple(found)


def _without_one_list(family: str, length: int, found: Sequence[str]) -> UsageError:
    return UsageError(
        f"an encoder must have exactly one list of {length} layers, but {family!r} "
        f"has {len(found)}; choose an encoder of the BERT, RoBERTa, DeBERTa or XLNet kind"
    )


def traced_structure(
    backbone: nn.Module, layers: tuple[str, ...], run: Callable[[Tensor], Tensor]
) -> Structure:
    """The structure of `backbone`, seen in one run over a few tokens in evaluation mode.

    Args:
        backbone: the encoder.
        layers: the names of its lists of layers.
        run: makes the last hidden state from token ids (texts, tokens).

    Raises:
        UsageError: there are several lists, and they do not hold the parts of the same layers.
    """
    was_training = backbone.training
    backbone.eval()  # dropout would draw random numbers that the caller's seed did not mean
    ids = torch.arange(TRACED_TOKENS, device=next(backbone.parameters()).device)[None]
    with torch.enable_grad(), _calls(backbone) as calls:
        reached = _leaves(run(ids))
    backbone.train(was_training)
    seen = Structure(layers, frozenset(), ())
    _check_parts(backbone, seen, calls)
    unused = tuple(
        name
        for name, parameter in backbone.named_parameters()
        if parameter.requires_grad and id(parameter) not in reached
    )
    return replace(seen, above=_called_after_layers(backbone, seen, calls), unused=unused)


@contextmanager
def _calls(backbone: nn.Module) -> Iterator[list[str]]:
    """The names of the modules that are called while the context is open, in the order of calls."""
    calls: list[str] = []
    handles = [
        module.register_forward_pre_hook(lambda *_, name=name: calls.append(name))
        for name, module in backbone.named_modules()
    ]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _check_parts(backbone: nn.Module, seen: Structure, calls: Sequence[str]) -> None:
    """Check that of several lists, all parts of a layer run before those of the layer above it."""
    # parts themselves, not what is inside: XLM's layers share one activation
    parts = [name for name in calls if name.rpartition(".")[0] in seen.layers]
    numbers = [seen.layer_of(name) or 0 for name in parts]
    if len(seen.layers) > 1 and numbers != sorted(numbers):
        length = len(cast("nn.ModuleList", backbone.get_submodule(seen.layers[0])))
        raise _without_one_list(type(backbone).__name__, length, seen.layers)


def _called_after_layers(
    backbone: nn.Module, seen: Structure, calls: Sequence[str]
) -> frozenset[str]:
    """The modules with parameters of their own that are first called after the last layer."""
    last = max((i for i, name in enumerate(calls) if seen.layer_of(name) is not None), default=0)
    below = set(calls[:last])
    return frozenset(
        name
        for name in calls[last:]
        if name not in below
        and seen.layer_of(name) is None
        and any(True for _ in backbone.get_submodule(name).parameters(recurse=False))
    )


def _leaves(output: Tensor) -> set[int]:
    """The ids of the parameters that `output` depends on, read off its graph without a backward."""
    waiting: list[Any] = [output.grad_fn]
    seen: set[Any] = set()
    leaves: set[int] = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):  # AccumulateGrad: the end of the graph, a parameter
            leaves.add(id(node.variable))
        waiting += [following for following, _ in node.next_functions]
    return leaves
