"""What an encoder's config.json says of its shape and its family: no weights are needed."""

from typing import Any

import torch
from speed.flops import ModelShape
from torch import nn
from transformers import AutoConfig, AutoModel

from foldwise.modeling.packing import PLAIN
from foldwise.modeling.structure import find_layers


def shape_of(folder: str) -> ModelShape:
    """The shape of the encoder in `folder`, whatever its family calls its parts.

    Raises:
        UsageError: its layers cannot be found.
    """
    config = AutoConfig.from_pretrained(folder)
    make: Any = AutoModel.from_config  # it has no annotations
    with torch.device("meta"):  # shapes alone: a large model takes no memory
        backbone: nn.Module = make(config)
    inside = tuple(f"{name}." for name in find_layers(backbone, config))
    return ModelShape(
        layers=int(config.num_hidden_layers),
        width=int(config.hidden_size),
        matrices=tuple(
            (module.out_features, module.in_features)
            for name, module in backbone.named_modules()
            if isinstance(module, nn.Linear) and name.startswith(inside)
        ),
    )


def can_be_packed(folder: str) -> bool:
    """Whether the encoder in `folder` is of a family whose texts Foldwise can pack."""
    return AutoConfig.from_pretrained(folder).model_type in PLAIN
