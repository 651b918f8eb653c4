"""Where an encoder's layers are, and what each of its other parameters is for.

Found from the modules and from one traced run over four tokens, never from the order of
`named_parameters()` or from a list of families.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from foldwise.errors import UsageError

TRACED_TOKENS = 4


@dataclass(frozen=True)
class Structure:
    """The parts of an encoder, by their dotted names in it.

    Attributes:
        layers: the module list of the transformer layers.
        above: modules that run only after the last layer, such as ModernBERT's final norm.
        unused: trainable parameters that no output depends on, such as XLNet's mask embedding.
    """

    layers: str
    above: frozenset[str]
    unused: tuple[str, ...]


def find_layers(backbone: nn.Module, config: Any) -> str:
    """The dotted name of the outermost module list with one entry a layer.

    In ALBERT, whose layers share their weights, it has one entry a group of layers that share.

    Raises:
        UsageError: there is no such list, or several, as in an encoder with a decoder.
    """
    length = getattr(config, "num_hidden_groups", config.num_hidden_layers)
    found: list[str] = []
    for name, module in backbone.named_modules():
        is_inside = any(name.startswith(f"{outer}.") for outer in found)
        if isinstance(module, nn.ModuleList) and len(module) == length and not is_inside:
            found.append(name)
    if len(found) != 1:
        raise UsageError(
            f"an encoder must have exactly one list of {length} layers, but {config.model_type!r} "
            f"has {len(found)}; choose an encoder of the BERT, RoBERTa, DeBERTa or XLNet kind"
        )
    return found[0]


def traced_structure(
    backbone: nn.Module, layers: str, run: Callable[[Tensor], Tensor]
) -> Structure:
    """The structure of `backbone`, seen in one run over a few tokens in evaluation mode.

    Args:
        backbone: the encoder.
        layers: the name of its list of layers.
        run: makes the last hidden state from token ids (texts, tokens).
    """
    was_training = backbone.training
    backbone.eval()  # dropout would draw random numbers that the caller's seed did not mean
    ids = torch.arange(TRACED_TOKENS, device=next(backbone.parameters()).device)[None]
    with torch.enable_grad(), _calls_after_layers(backbone, layers) as above:
        reached = _leaves(run(ids))
    backbone.train(was_training)
    unused = tuple(
        name
        for name, parameter in backbone.named_parameters()
        if parameter.requires_grad and id(parameter) not in reached
    )
    return Structure(layers, frozenset(above), unused)


@contextmanager
def _calls_after_layers(backbone: nn.Module, layers: str) -> Iterator[set[str]]:
    """The set, filled while the context is open, of modules first called after the last layer."""
    last = cast("nn.ModuleList", backbone.get_submodule(layers))[-1]
    below: set[str] = set()
    above: set[str] = set()
    done: list[bool] = []
    outside = [
        (name, module)
        for name, module in backbone.named_modules()
        if not f"{name}.".startswith(f"{layers}.")
        and any(True for _ in module.parameters(recurse=False))
    ]

    def note(name: str) -> None:
        if name not in below:
            (above if done else below).add(name)

    handles = [
        module.register_forward_pre_hook(lambda *_, name=name: note(name))
        for name, module in outside
    ]
    handles.append(last.register_forward_hook(lambda *_: done.append(True)))
    try:
        yield above
    finally:
        for handle in handles:
            handle.remove()


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
