"""Whatever happens to a learner while it is held unchanged is undone, to the bit."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler

from foldwise.training.loop import Learner, take_step
from foldwise.training.param_groups import named_state
from foldwise.training.unchanged import unchanged
from tests.training.tiny_learners import (
    LABELS,
    learner_of,
    made_of,
    settings_of,
    take_all,
    tiny_tokens,
    weights_of,
    whole_batches,
)

EVERYTHING: dict[str, Any] = {
    "head": {"norm": "batch", "dropout": 0.2},
    "averaging": {"kind": "ema", "decay": 0.9},
    "schedule": {"kind": "one_cycle", "warmup": 0.4},
    "regularization": {"mixout": 0.3, "adversarial": "awp"},
}
SETTINGS = [
    {},
    EVERYTHING,
    {"optimizer": {"bias_correction": False}, "encoder": {"frozen": 1}},
    {"regularization": {"pretrained_decay": 0.1}, "encoder": {"layer_drop": 0.5}},
]


def whole(learner: Learner) -> dict[str, Any]:
    """A copy of all that a training may change."""
    model, optimizer, average = learner.model, learner.optimizer, learner.average
    tensors: dict[str, Tensor] = dict(model.named_parameters())
    tensors |= dict(model.named_buffers())
    tensors |= {f"grad {n}": p.grad for n, p in model.named_parameters() if p.grad is not None}
    tensors |= {f"state {n}": v for n, v in named_state(model, optimizer).items()}
    tensors |= {f"average {n}": v for n, v in (average.weights if average else {}).items()}
    groups = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    return {
        "tensors": {name: value.detach().clone() for name, value in tensors.items()},
        "groups": copy.deepcopy(groups),
        "learns": [p.requires_grad for p in model.parameters()],
        "modes": [module.training for module in model.modules()],
        "count": average.count if average else 0,
        "scaler": learner.scaler.state_dict(),
        "numbers": torch.get_rng_state(),
        "scheduler": vars(learner.scheduler)["_done"],
    }


def assert_same(now: dict[str, Any], before: dict[str, Any]) -> None:
    assert now["tensors"].keys() == before["tensors"].keys()
    for name, value in before["tensors"].items():
        assert torch.equal(now["tensors"][name], value), name
    assert torch.equal(now.pop("numbers"), before.pop("numbers"))
    del now["tensors"], before["tensors"]
    assert now == before


def disturb(learner: Learner, folder: Path) -> None:
    """Three steps, and whatever else a caller could think of."""
    plan = whole_batches(tiny_tokens(folder))
    for group in learner.optimizer.param_groups:
        group["lr"] = 0.3
    for number in (1, 2, 3):
        take_step(learner, next(plan), LABELS, number)
    for parameter in learner.model.parameters():
        parameter.requires_grad_(not parameter.requires_grad)
        parameter.grad = None
    learner.model.eval()
    torch.manual_seed(99)


def fail_within_a_step(learner: Learner, folder: Path) -> None:
    """An error after the gradients are there, while weights are mixed."""
    batches = next(whole_batches(tiny_tokens(folder)))
    batches = [*batches, replace(batches[0], rows=torch.tensor([999]))]
    take_step(learner, batches, LABELS, 1)


@pytest.mark.parametrize("changed", SETTINGS)
@pytest.mark.parametrize("begun", [0, 2])
@pytest.mark.parametrize("act", [disturb, fail_within_a_step])
def test_everything_is_put_back_also_after_an_error(
    folder: Path,
    changed: dict[str, Any],
    begun: int,
    act: Callable[[Learner, Path], None],
) -> None:
    chosen = settings_of(**changed)
    learner = learner_of(made_of(folder, chosen), chosen)
    take_all(learner, whole_batches(tiny_tokens(folder)), steps=begun)
    before = whole(learner)
    failed = False
    try:
        with unchanged(learner):
            act(learner, folder)
            assert vars(learner.scheduler)["_done"] != before["scheduler"]
    except (IndexError, RuntimeError):
        failed = True

    assert failed == (act is fail_within_a_step)
    assert_same(whole(learner), before)


def test_training_afterwards_is_that_without(folder: Path) -> None:
    chosen = settings_of(**EVERYTHING)
    tokens = tiny_tokens(folder)
    plain, tried = (learner_of(made_of(folder, chosen), chosen) for _ in range(2))
    with unchanged(tried):
        disturb(tried, folder)

    losses = [torch.stack(take_all(each, whole_batches(tokens))) for each in (plain, tried)]
    assert torch.equal(*losses)
    now = weights_of(tried)
    assert all(torch.equal(now[name], value) for name, value in weights_of(plain).items())
    assert plain.average is not None
    assert tried.average is not None
    for name, value in plain.average.weights.items():
        assert torch.equal(tried.average.weights[name], value)


def test_a_scaler_in_the_middle_of_a_step_is_put_back_too(folder: Path) -> None:
    chosen = settings_of()
    scaler = GradScaler("cpu", init_scale=64.0, growth_interval=1)
    learner = replace(learner_of(made_of(folder, chosen), chosen), scaler=scaler)
    plan = whole_batches(tiny_tokens(folder))
    take_step(learner, next(plan), LABELS, 1)
    assert scaler.get_scale() == 128.0

    with unchanged(learner):
        take_step(learner, next(plan), LABELS, 2)
        for parameter in learner.model.parameters():
            parameter.grad = torch.ones_like(parameter)
        scaler.unscale_(learner.optimizer)  # and no step

    assert scaler.get_scale() == 128.0
    take_step(learner, next(plan), LABELS, 2)  # which unscales anew
    assert scaler.get_scale() == 256.0
