from dataclasses import dataclass, field
from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.autograd import backward

from foldwise import settings
from foldwise.competition.competition import Task
from foldwise.settings.combinations import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from foldwise.settings.objective import LossKind
from foldwise.training.losses import Labels, training_loss
from foldwise.training.losses.classification import cross_entropy, focal, soft
from foldwise.training.losses.regression import huber, scaled_cross_entropy, squared

TEXTS = 5
RANDOM = torch.Generator().manual_seed(0)
OUTPUTS = torch.randn(TEXTS, 4, generator=RANDOM)
VALUES = torch.randn(TEXTS, 4, generator=RANDOM)
CLASSES = torch.tensor([[0.0], [3.0], [1.0], [2.0], [2.0]])
SD = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5])
KINDS: list[tuple[LossKind, Task]] = [
    *((kind, "regression") for kind in get_args(LossKind) if kind in REGRESSION_LOSSES),
    *((kind, "classification") for kind in get_args(LossKind) if kind in CLASSIFICATION_LOSSES),
]
WHOLE = {"rmse", "ranking"}


@dataclass
class Ends:
    low: Tensor = field(default_factory=lambda: torch.full((4,), -2.0))
    high: Tensor = field(default_factory=lambda: torch.full((4,), 2.0))


def labels_for(kind: str, task: Task, weights: Tensor | None = None) -> Labels:
    values = VALUES if task == "regression" else CLASSES
    return Labels(values[:, :2] if kind in ("gaussian", "kl") else values, SD, weights)


def test_every_kind_of_loss_is_of_one_task() -> None:
    assert {"auto", *(kind for kind, _ in KINDS)} == set(get_args(LossKind))


@pytest.mark.parametrize(("kind", "task"), KINDS)
def test_a_loss_is_per_text_or_of_the_whole_batch(kind: LossKind, task: Task) -> None:
    loss = training_loss(settings.Loss(kind=kind), task, Ends())
    assert loss.per_text == (kind not in WHOLE)
    value = loss.function(OUTPUTS, labels_for(kind, task))
    assert value.shape == ((TEXTS,) if loss.per_text else ())


@pytest.mark.parametrize(("kind", "task"), KINDS)
def test_weights_of_one_change_nothing(kind: LossKind, task: Task) -> None:
    function = training_loss(settings.Loss(kind=kind), task, Ends()).function
    ones = torch.ones(TEXTS)
    plain, weighted = (function(OUTPUTS, labels_for(kind, task, w)) for w in (None, ones))
    assert torch.equal(plain, weighted)


@pytest.mark.parametrize(("kind", "task"), KINDS)
def test_a_text_of_weight_zero_has_no_gradient(kind: LossKind, task: Task) -> None:
    outputs = OUTPUTS.clone().requires_grad_()
    weights = torch.tensor([0.0, 1.0, 2.0, 1.0, 1.0])
    function = training_loss(settings.Loss(kind=kind), task, Ends()).function
    backward(function(outputs, labels_for(kind, task, weights)).sum())
    assert outputs.grad is not None
    assert outputs.grad[0].tolist() == [0.0] * 4
    assert (outputs.grad[1:].abs().sum(dim=1) > 0).all()


@pytest.mark.parametrize(("kind", "task"), KINDS)
@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_precision_outputs_are_compared_in_single_precision(
    kind: LossKind, task: Task, half: torch.dtype
) -> None:
    function = training_loss(settings.Loss(kind=kind), task, Ends()).function
    labels = labels_for(kind, task)
    ours = function(OUTPUTS.to(half), labels)
    assert ours.dtype == torch.float32
    assert torch.equal(ours, function(OUTPUTS.to(half).float(), labels))


def test_auto_is_the_squared_error_or_the_cross_entropy() -> None:
    regression = training_loss(settings.Loss(), "regression", Ends())
    classification = training_loss(settings.Loss(), "classification", Ends())
    labels = Labels(VALUES)
    assert torch.equal(regression.function(OUTPUTS, labels), squared(OUTPUTS, labels))
    labels = Labels(CLASSES)
    expected = cross_entropy(OUTPUTS, labels, 0.0)
    assert torch.equal(classification.function(OUTPUTS, labels), expected)


def test_the_numbers_of_the_settings_reach_their_losses() -> None:
    def ours(chosen: settings.Loss, task: Task, labels: Labels) -> Tensor:
        return training_loss(chosen, task, Ends()).function(OUTPUTS, labels)

    labels = Labels(VALUES)
    loss = ours(settings.Loss(kind="huber", delta=0.2), "regression", labels)
    assert torch.equal(loss, huber(OUTPUTS, labels, 0.2))
    loss = ours(settings.Loss(kind="bce"), "regression", labels)
    assert torch.equal(loss, scaled_cross_entropy(OUTPUTS, labels, Ends().low, Ends().high))
    labels = Labels(CLASSES)
    loss = ours(settings.Loss(kind="focal", gamma=3.0, smoothing=0.2), "classification", labels)
    assert torch.equal(loss, focal(OUTPUTS, labels, 3.0, 0.2))
    loss = ours(settings.Loss(kind="soft", softness=0.7), "classification", labels)
    assert torch.equal(loss, soft(OUTPUTS, labels, 0.7))


def test_the_range_is_asked_for_at_each_step() -> None:
    ends = Ends()
    function = training_loss(settings.Loss(kind="bce"), "regression", ends).function
    ends.high = torch.full((4,), 9.0)
    expected = scaled_cross_entropy(OUTPUTS, Labels(VALUES), ends.low, ends.high)
    assert torch.equal(function(OUTPUTS, Labels(VALUES)), expected)


def test_a_loss_of_another_task_is_refused() -> None:
    with pytest.raises(ValueError, match=r"loss\.kind='focal' is not for a regression"):
        training_loss(settings.Loss(kind="focal"), "regression", Ends())
    with pytest.raises(ValueError, match=r"loss\.kind='mse' is not for a classification"):
        training_loss(settings.Loss(kind="mse"), "classification", Ends())
