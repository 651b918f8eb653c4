"""The training loop: it takes steps and evaluates; its caller decides what an evaluation is for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler
from torch.nn.utils import clip_grad_norm_
from torch.optim import AdamW

from foldwise.errors import FoldFailed
from foldwise.modeling.model import TextModel
from foldwise.tokenization.batches import Batch
from foldwise.training.adversary import Adversary
from foldwise.training.anchor import Anchor
from foldwise.training.averaging import Average
from foldwise.training.forward import Forward, set_training_mode
from foldwise.training.gradients import Gradients, statistics_kept
from foldwise.training.losses import Labels
from foldwise.training.memory import MemoryFull, first_line
from foldwise.training.objective import Objective
from foldwise.training.schedules import Scheduler
from foldwise.training.team import ALONE, Team

CURVE_POINTS = 16  # of the training loss between two evaluations
LEAST_SCALE = 1.0  # it begins at 65,536, and halves at each overflow


@dataclass
class Learner:
    """What learns: the model and everything that changes it. The loop mutates it, step by step.

    Attributes:
        forward: from a micro-batch to raw outputs.
        learned: what changes in the whole training, by name; what averages are over.
        frozen_layers: how many of the lowest layers do not learn now.
        max_norm: of the gradient; larger ones are scaled down.
        anchor, adversary, average: None where the settings ask for none.
        team: of which each process has a learner that takes the same steps.
    """

    model: TextModel
    forward: Forward
    optimizer: AdamW
    scheduler: Scheduler
    scaler: GradScaler
    objective: Objective
    max_norm: float
    learned: Mapping[str, Tensor]
    frozen_layers: int = 0
    anchor: Anchor | None = None
    adversary: Adversary | None = None
    average: Average | None = None
    team: Team = ALONE

    def parameters(self) -> list[Tensor]:
        """What learns now: faster to list than by walking through the model's modules."""
        return [weight for group in self.optimizer.param_groups for weight in group["params"]]


class Step(NamedTuple):
    """One optimizer step: its number (from 1), and an evaluation where one was due."""

    number: int
    outputs: Tensor | None  # (texts, outputs) of the validation rows, raw, float32 on the CPU


def training_steps(
    learner: Learner,
    plan: Iterator[Sequence[Batch]],
    labels: Labels,
    evaluate: Callable[[], Tensor],
    *,
    numbers: range,
    due: Callable[[int], bool],
    seed_of: Callable[[int], int],
    losses: list[Tensor],
) -> Iterator[Step]:
    """Take the steps in `numbers`, evaluating after each that is `due` and after the last.

    A generator, so that early stopping, keeping the best weights, checkpoints and pruning are
    ordinary code in the caller's `for` loop: there are no callbacks. `plan` gives each step's
    micro-batches; `labels` are indexed by a batch's rows. Loss and gradient norm of each step,
    (2,), are appended to `losses` and stay on the device: reading one at every step would wait for
    the GPU. The caller clears the list after `checked_mean`.
    """
    for number, batches in zip(numbers, plan, strict=False):
        torch.manual_seed(seed_of(number))  # dropout of step n is the same whenever it is taken
        losses.append(take_step(learner, batches, labels, number))
        evaluates = due(number) or number == numbers.stop - 1
        yield Step(number, evaluate() if evaluates else None)


def take_step(learner: Learner, batches: Sequence[Batch], labels: Labels, number: int) -> Tensor:
    """Loss and gradient norm of one optimizer step, (2,), still on the device.

    Raises:
        MemoryFull: there is no room on the GPU; nothing has changed.
    """
    set_training_mode(learner.model, learner.frozen_layers)
    loss = _add_gradients(learner, batches, labels, number)
    learner.team.add_up_gradients(learner.model)
    learner.team.add_up([loss])
    learner.scaler.unscale_(learner.optimizer)  # clipping scaled gradients would clip nothing
    norm = clip_grad_norm_(learner.parameters(), learner.max_norm)
    learner.scaler.step(learner.optimizer)
    learner.scaler.update()
    if learner.anchor is not None:
        learner.anchor.pull(learner.optimizer)
    learner.scheduler.step()
    learner.optimizer.zero_grad(set_to_none=True)
    if learner.average is not None:
        learner.average.update(learner.learned, number)
    if learner.scaler.is_enabled():  # fp16: an overflowing step is skipped by the scaler
        norm = torch.zeros_like(norm)
    return torch.stack([loss, norm])


def _add_gradients(
    learner: Learner, batches: Sequence[Batch], labels: Labels, number: int
) -> Tensor:
    """The loss of a step, a scalar on the device, whose gradient is added.

    Raises:
        MemoryFull: there is no room on the GPU; parameters are as before, without gradients.
    """
    gradients = Gradients(learner.forward, learner.objective, learner.scaler, learner.team)
    loss, reason = None, ""
    try:
        with learner.anchor.mixed() if learner.anchor else nullcontext():
            loss = gradients.add(batches, labels)
            if learner.adversary is not None and number >= learner.adversary.begins:
                with learner.adversary.uphill(), statistics_kept(learner.forward):
                    gradients.add(batches, labels)
    except torch.OutOfMemoryError as error:
        loss, reason = None, first_line(error)
    full = learner.team.any(loss is None)
    if loss is not None and not full:
        return loss
    # out of the clause above, which holds the error, its frames, and so their tensors
    learner.optimizer.zero_grad(set_to_none=True)
    raise MemoryFull(reason or "of another process of the team")


def loss_of(learner: Learner, batches: Sequence[Batch], labels: Labels) -> Tensor:
    """The loss that a step would find, a scalar on the device; nothing is learned."""
    set_training_mode(learner.model, learner.frozen_layers)
    gradients = Gradients(learner.forward, learner.objective, learner.scaler)
    with learner.anchor.mixed() if learner.anchor else nullcontext():
        return gradients.loss(batches, labels)


def check_scale(scaler: GradScaler, number: int) -> None:
    """Check that an fp16 training still learns: the scaler skips steps whose gradients overflow.

    Raises:
        FoldFailed: it has halved its scale so often that nearly every step must have been skipped.
    """
    if scaler.is_enabled() and scaler.get_scale() < LEAST_SCALE:
        raise FoldFailed(
            f"fp16 gradients overflow at every step up to {number} (loss scale "
            f"{scaler.get_scale():g}); set hardware.precision=fp32 or bf16, or lower the rates"
        )


def checked_mean(losses: Sequence[Tensor], number: int) -> float:
    """The mean loss of the latest steps, the last of which has this `number`.

    Raises:
        FoldFailed: a loss or a gradient norm among them is not finite; names the first such step.
    """
    values = torch.stack(list(losses)).cpu()  # the one place that waits for the device
    healthy = torch.isfinite(values).all(dim=1)
    if not healthy.all():
        first = int((~healthy).nonzero()[0])
        loss, norm = values[first].tolist()
        raise FoldFailed(
            f"training diverged at step {number - len(values) + 1 + first}: loss {loss}, gradient "
            f"norm {norm}; lower rates.top and rates.head, or lengthen schedule.warmup"
        )
    return float(values[:, 0].mean())


def loss_curve(losses: Sequence[Tensor], number: int) -> list[list[float]]:
    """Step and mean loss of up to sixteen parts of the latest steps, of like length.

    Args:
        losses: as `checked_mean` takes them, and where it has waited for the device.
        number: of the last of these steps.
    """
    values = torch.stack(list(losses)).cpu()[:, 0]
    parts = values.tensor_split(min(len(values), CURVE_POINTS))
    lasts = torch.tensor([len(part) for part in parts]).cumsum(0) + number - len(values)
    return [
        [int(last), round(float(part.mean()), 6)] for last, part in zip(lasts, parts, strict=True)
    ]
