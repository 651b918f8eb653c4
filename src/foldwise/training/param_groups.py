"""The optimizer: every trainable parameter in exactly one group, at its layer group's rate."""

from collections import Counter
from collections.abc import Container, Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.layer_groups import is_matrix
from foldwise.modeling.model import TextModel
from foldwise.training.rates import layer_rates

STEPS_BEFORE = 1e7  # that an optimizer without bias correction believes it has taken


def param_groups(
    model: TextModel,
    rates: settings.Rates,
    weight_decay: float,
    undecayed: Container[nn.Parameter] = (),
) -> list[dict[str, Any]]:
    """Every trainable parameter of `model` in exactly one AdamW group.

    Biases and norms are not decayed, nor is what `undecayed` holds. Groups of equal rate and decay
    are merged: fused AdamW is one kernel launch a group.

    Raises:
        UsageError: every layer group is frozen, or see `layer_rates`.
        ValueError: a trainable parameter is in no layer group, or in two; names it.
    """
    groups = model.layer_groups()
    peaks = layer_rates([group.name for group in groups], rates)
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise UsageError(
            "nothing would learn: no parameter of the model requires a gradient; raise rates.head, "
            "rates.top or rates.embeddings above 0"
        )
    merged: dict[tuple[float, float], list[nn.Parameter]] = {}
    for group in groups:
        for name, parameter in group.named.items():
            if parameter.requires_grad:
                decays = is_matrix(name, parameter) and parameter not in undecayed
                decay = weight_decay if decays else 0.0
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


def adamw(
    model: TextModel,
    rates: settings.Rates,
    chosen: settings.Optimizer,
    undecayed: Container[nn.Parameter] = (),
) -> AdamW:
    """Fused AdamW over those parameters of `model` that require a gradient now.

    What `undecayed` holds is not decayed towards 0.

    Raises:
        UsageError, ValueError: see `param_groups`.
    """
    optimizer = AdamW(
        param_groups(model, rates, chosen.weight_decay, undecayed),
        betas=(chosen.beta1, chosen.beta2),
        eps=chosen.epsilon,
        fused=True,
    )
    if not chosen.bias_correction:
        _skip_bias_correction(optimizer)
    return optimizer


def _skip_bias_correction(optimizer: AdamW) -> None:
    """Let the optimizer take its first step as if it had taken ten million.

    BERT was trained with an Adam whose averages are not divided by `1 - beta**step`, which makes
    its first steps large: https://arxiv.org/abs/2006.05987 section 4.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            # beta**step is below 1e-43 up to beta = 0.99999, so the division is by exactly 1, in
            # the fused kernel too; a float32 counts on from there as it should, to 16 million
            optimizer.state[parameter] = {
                "step": torch.full((), STEPS_BEFORE, dtype=torch.float32, device=parameter.device),
                "exp_avg": torch.zeros_like(parameter, memory_format=torch.preserve_format),
                "exp_avg_sq": torch.zeros_like(parameter, memory_format=torch.preserve_format),
            }


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
