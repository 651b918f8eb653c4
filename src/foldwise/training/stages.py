"""The stages of a training: which steps each takes, and what learns in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from foldwise.errors import Complaints, UsageError
from foldwise.settings import Rates, Schedule, Settings
from foldwise.settings.combinations import unfit_for_layers
from foldwise.training.rates import layers_of, trained_groups

if TYPE_CHECKING:  # a report computes rates without a model
    from foldwise.modeling.model import TextModel


@dataclass(frozen=True)
class StagePlan:
    """One stage, in optimizer steps counted from the beginning of the training.

    Attributes:
        number: from 0.
        after: the steps before it; its own are `after + 1` to `after + steps`.
        learns: the names of the layer groups that learn.
    """

    number: int
    after: int
    steps: int
    learns: tuple[str, ...]
    rates: Rates
    schedule: Schedule

    @property
    def last(self) -> int:
        """The number of its last step."""
        return self.after + self.steps


def stage_lengths(chosen: Settings, epoch: int) -> list[int]:
    """The optimizer steps of each stage, at least one, where an epoch has `epoch`.

    Stages begin and end where the sum of their epochs does, so that rounding does not add up.
    """
    lengths, epochs, before = [], 0.0, 0
    for stage in chosen.all_stages():
        epochs += stage.epochs
        until = max(before + 1, round(epochs * epoch))
        lengths.append(until - before)
        before = until
    return lengths


def stage_plans(chosen: Settings, epoch: int, names: Sequence[str]) -> list[StagePlan]:
    """The plan of each stage, for a model with these layer groups.

    Raises:
        UsageError: a stage asks for layers that the model has not, or nothing learns in it.
    """
    complaints = Complaints()
    complaints.extend(unfit_for_layers(chosen, len(layers_of(names))))
    complaints.raise_if_any(UsageError)
    plans: list[StagePlan] = []
    lengths = stage_lengths(chosen, epoch)
    for number, (stage, steps) in enumerate(zip(chosen.all_stages(), lengths, strict=True)):
        learns = trained_groups(names, stage, chosen.encoder)
        plans.append(
            StagePlan(
                number=number,
                after=plans[-1].last if plans else 0,
                steps=steps,
                learns=tuple(learns),
                rates=stage.rates,
                schedule=stage.schedule,
            )
        )
    return plans


def stage_at(plans: Sequence[StagePlan], step: int) -> StagePlan:
    """The stage that step `step` + 1 belongs to; the last one, when all steps are taken."""
    return next((plan for plan in plans if step < plan.last), plans[-1])


def learn_only(model: "TextModel", names: Sequence[str]) -> None:
    """Let exactly the layer groups called `names` learn.

    What no output depends on never does: it would have no gradient.
    """
    unused = {f"encoder.backbone.{name}" for name in model.encoder.unused}
    for group in model.layer_groups():
        for name, parameter in group.named.items():
            parameter.requires_grad_(group.name in names and name not in unused)
            parameter.grad = None


def never_learned(
    model: "TextModel", plan: StagePlan, plans: Sequence[StagePlan], *, fresh: int
) -> bool:
    """Whether what the encoder keeps frozen in a stage is as pretrained, the same in every fold.

    Args:
        model: of the fold.
        plan: the stage.
        plans: all stages.
        fresh: how many of the top layers began from random weights, which are each fold's own.
    """
    groups = [group.name for group in model.encoder.layer_groups()]
    changed = {name for earlier in plans[: plan.number] for name in earlier.learns}
    changed |= set(groups[len(groups) - fresh :])
    return changed.isdisjoint(set(groups) - set(plan.learns))


def learned_names(model: "TextModel", plans: Sequence[StagePlan]) -> frozenset[str]:
    """The dotted names of all that changes in some stage: parameters, and buffers of the head."""
    groups = {name for plan in plans for name in plan.learns}
    unused = {f"encoder.backbone.{name}" for name in model.encoder.unused}
    parameters = {
        name
        for group in model.layer_groups()
        if group.name in groups
        for name in group.named
        if name not in unused
    }
    buffers = {f"head.{name}" for name, _ in model.head.named_buffers()}  # of a batch norm
    return frozenset(parameters | buffers)


def epoch_steps(rows: int, batch_size: int) -> int:
    """The optimizer steps of one epoch over `rows` training rows."""
    return math.ceil(rows / batch_size)
