"""Layer-wise learning rates: the head learns fastest, the embeddings slowest.

Geometric decay: Howard & Ruder (2018), section 3.2, https://arxiv.org/abs/1801.06146
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.model import TextModel


def layer_rates(names: list[str], rates: settings.Rates) -> dict[str, float]:
    """The peak learning rate of each layer group, named bottom up.

    Pooling and head share the head's rate. Encoder layers follow the shape: `decay` multiplies the
    rate by `decay` from each layer to the one below; `linear` rises in equal steps from
    `top / span` at layer 0 to `top`, the same for every `every` layers.
    """
    layers = [name for name in names if name.startswith("layer ")]
    peaks = dict.fromkeys(names, rates.head)
    peaks |= dict(zip(layers, _encoder_peaks(len(layers), rates), strict=True))
    if "embeddings" in peaks:
        peaks["embeddings"] = _embeddings_peak(len(layers), rates)
    return peaks


def _encoder_peaks(layers: int, rates: settings.Rates) -> list[float]:
    if rates.shape == "decay":
        return [rates.top * rates.decay**below for below in reversed(range(layers))]
    bands = -(-layers // rates.every)
    lowest = rates.top / rates.span
    rise = (rates.top - lowest) / max(1, bands - 1)
    # counted from the top, so that the topmost layers are a full band when `every` does not divide
    return [rates.top - rise * (below // rates.every) for below in reversed(range(layers))]


def _embeddings_peak(layers: int, rates: settings.Rates) -> float:
    if rates.embeddings != "auto":
        return rates.embeddings
    if rates.shape == "decay":
        return rates.top * rates.decay**layers
    return rates.top / rates.span


def frozen_groups(names: list[str], rates: settings.Rates) -> list[str]:
    """The layer groups whose rate is zero: they are not trained at all."""
    return [name for name, peak in layer_rates(names, rates).items() if peak == 0]


def param_groups(
    model: TextModel, rates: settings.Rates, weight_decay: float
) -> list[dict[str, Any]]:
    """Every trainable parameter of `model` in exactly one AdamW group.

    Biases and norms (vectors) are not decayed. Groups of equal rate and decay are merged: fused
    AdamW is one kernel launch a group.

    Raises:
        UsageError: every layer group is frozen.
        ValueError: a trainable parameter is in no layer group, or in two; names it.
    """
    groups = model.layer_groups()
    peaks = layer_rates([group.name for group in groups], rates)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise UsageError(
            "nothing would learn: rates.head, rates.top and rates.embeddings are all 0; raise one"
        )
    merged: dict[tuple[float, float], list[nn.Parameter]] = {}
    for group in groups:
        for parameter in group.parameters():
            if parameter.requires_grad:
                decay = weight_decay if parameter.ndim > 1 else 0.0
                merged.setdefault((peaks[group.name], decay), []).append(parameter)
    _check_each_is_in_one_group(model, merged.values())
    return [
        {"params": parameters, "lr": peak, "weight_decay": decay}
        for (peak, decay), parameters in merged.items()
    ]


def _check_each_is_in_one_group(model: nn.Module, groups: Iterable[list[nn.Parameter]]) -> None:
    homes = Counter(id(parameter) for group in groups for parameter in group)
    for name, parameter in model.named_parameters():
        expected = 1 if parameter.requires_grad else 0
        if homes[id(parameter)] != expected:
            raise ValueError(
                f"parameter {name!r} is in {homes[id(parameter)]} optimizer groups, expected "
                f"{expected}: {type(model).__name__}.layer_groups() must list it exactly once"
            )


def adamw(model: TextModel, chosen: settings.Settings) -> AdamW:
    """Fused AdamW over the layer groups of `model`."""
    optimizer = chosen.optimizer
    return AdamW(
        param_groups(model, chosen.rates, optimizer.weight_decay),
        betas=(optimizer.beta1, optimizer.beta2),
        eps=optimizer.epsilon,
        fused=True,
    )


def named_state(model: nn.Module, optimizer: AdamW) -> dict[str, torch.Tensor]:
    """The optimizer's moments and step counts by parameter name, ready for safetensors."""
    state: dict[str, torch.Tensor] = {}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            state[f"{name}/{key}"] = value
    return state


def load_named_state(model: nn.Module, optimizer: AdamW, state: dict[str, torch.Tensor]) -> None:
    """Put back what `named_state` gave; the parameters keep their devices."""
    parameters = dict(model.named_parameters())
    for key, value in state.items():
        name, _, part = key.rpartition("/")
        parameter = parameters[name]
        # fused AdamW keeps its step count beside the parameter, as it keeps the moments
        optimizer.state[parameter][part] = value.to(parameter.device)
