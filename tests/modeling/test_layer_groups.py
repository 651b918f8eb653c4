import re

import pytest
from torch import nn

from foldwise.modeling.layer_groups import LayerGroup, check_groups


def two_layers() -> tuple[nn.Module, list[LayerGroup]]:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    groups = [
        LayerGroup(name, dict(model[i].named_parameters())).inside(str(i))
        for i, name in enumerate(["embeddings", "layer 0"])
    ]
    return model, groups


def test_a_partition_passes() -> None:
    check_groups(*two_layers())


def test_names_are_those_of_the_model() -> None:
    model, groups = two_layers()
    listed = {name: p for group in groups for name, p in group.named.items()}
    assert listed.keys() == dict(model.named_parameters()).keys()
    assert all(listed[name] is parameter for name, parameter in model.named_parameters())


def test_a_parameter_in_no_group_is_named() -> None:
    model, groups = two_layers()
    message = re.escape("parameter '1.weight' is in 0 layer groups, expected 1")
    with pytest.raises(ValueError, match=message):
        check_groups(model, groups[:1])


def test_a_parameter_in_two_groups_is_named() -> None:
    model, groups = two_layers()
    message = re.escape("parameter '0.bias' is in 2 layer groups, expected 1")
    with pytest.raises(ValueError, match=message):
        check_groups(model, [*groups, groups[0]])


def test_a_parameter_of_another_model_is_named() -> None:
    model, groups = two_layers()
    stranger = LayerGroup("head", dict(nn.Linear(1, 1).named_parameters())).inside("head")
    message = "parameter 'head.bias' is in a layer group but not in the model"
    with pytest.raises(ValueError, match=message):
        check_groups(model, [*groups, stranger])
