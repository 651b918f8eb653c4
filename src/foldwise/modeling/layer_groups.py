"""Layer groups: the parameters that learn at one rate, from the bottom of the model up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True, eq=False)
class LayerGroup:
    """The parameters that learn at one rate.

    Attributes:
        name: "embeddings", "layer 0" .. "layer n-1", "pooling", and "head" or "head 0" .. "head n".
        named: the parameters by their dotted names in the model, trainable and frozen ones.
    """

    name: str
    named: Mapping[str, nn.Parameter]

    def parameters(self) -> tuple[nn.Parameter, ...]:
        """The group's parameters, trainable and frozen ones."""
        return tuple(self.named.values())

    def inside(self, prefix: str) -> "LayerGroup":
        """The same group as the module that holds its module as `prefix` sees it."""
        return LayerGroup(self.name, {f"{prefix}.{name}": p for name, p in self.named.items()})


def is_matrix(name: str, parameter: nn.Parameter) -> bool:
    """Whether a parameter is a matrix of weights: no bias, whatever its shape, and no norm."""
    return parameter.ndim > 1 and not name.endswith("bias")  # XLNet's biases are (heads, width)


def check_groups(model: nn.Module, groups: Iterable[LayerGroup]) -> None:
    """Check that `groups` hold every parameter of `model` exactly once, and nothing else.

    Raises:
        ValueError: a parameter is in no group, in two, or not in the model; names every culprit.
    """
    listed = [(name, p) for group in groups for name, p in group.named.items()]
    homes = Counter(id(parameter) for _, parameter in listed)
    own = dict(model.named_parameters())
    faults = [
        f"parameter {name!r} is in {homes[id(parameter)]} layer groups, expected 1"
        for name, parameter in own.items()
        if homes[id(parameter)] != 1
    ]
    known = {id(parameter) for parameter in own.values()}
    faults += [
        f"parameter {name!r} is in a layer group but not in the model"
        for name, parameter in listed
        if id(parameter) not in known
    ]
    if faults:
        advice = f"{type(model).__name__}.layer_groups() must list each parameter exactly once"
        raise ValueError("; ".join([*faults, advice]))
