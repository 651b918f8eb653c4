"""The learning-rate range test: a few steps at rates from far too low to far too high.

Smith (2015), https://arxiv.org/abs/1506.01186 section 3.3; that the rates grow geometrically, and
the loss is smoothed, as in fastai: https://docs.fast.ai/callback.schedule.html#learner.lr_find

Small batches differ more than a step changes the loss. So each batch is first given to the model as
it is, and what it loses there is taken off: where nothing is learned yet, the curve is flat. It is
a control variate: https://doi.org/10.1287/opre.1.5.263
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

import numpy as np
import torch

from foldwise.errors import Complaints, FoldFailed, UsageError
from foldwise.tokenization.batches import Batch
from foldwise.training.loop import Learner, loss_of, take_step
from foldwise.training.losses import Labels
from foldwise.training.rates import layers_of
from foldwise.training.unchanged import unchanged

BETA = 0.98  # how much of a smoothed loss the next one keeps
DIVERGED = 4.0  # times the lowest smoothed loss
LEAST_STEPS = 10

End = Literal["highest", "diverged", "not finite"]


@dataclass(frozen=True)
class Sweep:
    """The rates of the reference group that a test goes through.

    Raises:
        UsageError: they do not rise, or are too few.
    """

    lowest: float = 1e-7
    highest: float = 1.0
    steps: int = 100

    def __post_init__(self) -> None:
        complaints = Complaints()
        if not 0 < self.lowest < self.highest < math.inf:
            complaints.add(
                f"a range test goes from a lowest rate above 0 to a higher one, got "
                f"--lowest {self.lowest:g} and --highest {self.highest:g}; choose others"
            )
        if self.steps < LEAST_STEPS:
            complaints.add(
                f"a range test takes {LEAST_STEPS} steps at least, got --steps {self.steps}; take "
                f"more"
            )
        complaints.raise_if_any(UsageError)

    def rates(self) -> list[float]:
        """The rate of each step, in even geometric steps."""
        rates: list[float] = np.geomspace(self.lowest, self.highest, self.steps).tolist()
        return rates


@dataclass(frozen=True)
class RangeTest:
    """The losses at rising rates; a loss is that before its step changes the weights.

    Attributes:
        reference: the layer group whose rate stands for all of them.
        peak: its rate in the experiment.
        rates: of the reference group, at each step that was taken.
        losses: of each step's batch.
        starts: of all batches before anything was learned, also of those after the end.
        smoothed: `levelled`, exponentially, without the bias towards 0 of the first ones.
        end: why there is no further step.
    """

    reference: str
    peak: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    starts: tuple[float, ...]
    smoothed: tuple[float, ...]
    end: End

    @property
    def levelled(self) -> tuple[float, ...]:
        """The losses as if all batches were equally hard for the model as it was."""
        level = float(np.mean(self.starts))
        return tuple(
            loss - start + level for loss, start in zip(self.losses, self.starts, strict=False)
        )


def reference_of(learns: Sequence[str]) -> str:
    """The layer group whose rate stands for all: the top encoder layer that learns, else the head.

    Args:
        learns: the names of the layer groups that learn, bottom up.
    """
    return [*learns, *layers_of(learns)][-1]


def range_test(
    learner: Learner,
    plan: Iterator[Sequence[Batch]],
    labels: Labels,
    *,
    sweep: Sweep,
    first: int,
    seed_of: Callable[[int], int],
    after_start: Callable[[int], None] = lambda _done: None,
    after_step: Callable[[int], None] = lambda _done: None,
) -> RangeTest:
    """The losses as the rates of all layer groups rise in step, in the ratios of the experiment.

    Everything is put back afterwards, see `unchanged`.

    Args:
        learner: of the stage, at the step that the test begins at.
        plan: each step's micro-batches.
        labels: indexed by a batch's rows.
        sweep: the rates.
        first: the number of the first step.
        seed_of: the seed of a step's dropout, by its number.
        after_start: gets the number of batches given to the model as it is; may raise to stop.
        after_step: gets the number of steps done; may raise to stop.

    Raises:
        FoldFailed: a loss is not finite before anything was learned.
    """
    names = [g.name for g in learner.model.layer_groups() if _learning(g.parameters())]
    reference = reference_of(names)
    peak = _peak_of(learner, reference)
    rates = sweep.rates()
    batches = list(islice(plan, sweep.steps))
    with unchanged(learner):
        starts = _starts(learner, batches, labels, first, seed_of, after_start)
        losses = _losses(learner, batches, labels, rates, peak, first, seed_of)
        curve = _curve(losses, starts, after_step)
    return RangeTest(
        reference,
        peak,
        tuple(rates[: len(curve.losses)]),
        tuple(curve.losses),
        tuple(starts),
        tuple(curve.smoothed),
        curve.end,
    )


@dataclass
class _Curve:
    """The losses up to the test's end."""

    losses: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)
    end: End = "highest"


def _curve(
    losses: Iterator[float], starts: Sequence[float], after_step: Callable[[int], None]
) -> _Curve:
    """The losses of the steps, each taken when it is asked for, until one ends the test."""
    curve, average, level = _Curve(), 0.0, float(np.mean(starts))
    for number, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            curve.end = "not finite"
            break
        curve.losses.append(loss)
        average = BETA * average + (1 - BETA) * (loss - starts[number - 1] + level)
        curve.smoothed.append(average / (1 - BETA**number))
        after_step(number)
        if has_diverged(curve.losses, curve.smoothed):
            curve.end = "diverged"
            break
    return curve


def _starts(
    learner: Learner,
    batches: Sequence[Sequence[Batch]],
    labels: Labels,
    first: int,
    seed_of: Callable[[int], int],
    after_batch: Callable[[int], None],
) -> list[float]:
    """The loss of each batch before anything is learned, with the dropout of its step."""
    starts = []
    for number, micro_batches in enumerate(batches):
        torch.manual_seed(seed_of(first + number))
        loss = float(loss_of(learner, micro_batches, labels))
        if not math.isfinite(loss):
            raise FoldFailed(
                f"the loss of batch {number + 1} is {loss}, before anything was learned; look at "
                f"the targets, or set hardware.precision=fp32"
            )
        starts.append(loss)
        after_batch(number + 1)
    return starts


def _losses(
    learner: Learner,
    plan: Sequence[Sequence[Batch]],
    labels: Labels,
    rates: Sequence[float],
    peak: float,
    first: int,
    seed_of: Callable[[int], int],
) -> Iterator[float]:
    """The loss of each step, which is taken at its rate when it is asked for."""
    groups = learner.optimizer.param_groups
    betas = [group["betas"] for group in groups]  # one_cycle would move them with its rates
    for number, (rate, batches) in enumerate(zip(rates, plan, strict=True), start=first):
        for group, pair in zip(groups, betas, strict=True):
            group["lr"] = group["initial_lr"] * (rate / peak)
            group["betas"] = pair
        torch.manual_seed(seed_of(number))
        yield float(take_step(learner, batches, labels, number)[0])


def has_diverged(losses: Sequence[float], smoothed: Sequence[float]) -> bool:
    """Whether the smoothed loss is 4 times its minimum.

    A loss that may be negative, such as a log likelihood, has no such multiple: it has diverged
    where it is above its minimum by 3 times the largest of that and how far it fell.
    """
    lowest = min(smoothed)
    rise = (DIVERGED - 1) * abs(lowest)
    if min(losses) < 0:
        rise = max(rise, (DIVERGED - 1) * (smoothed[0] - lowest))
    return smoothed[-1] > lowest + rise


def _peak_of(learner: Learner, name: str) -> float:
    """The peak rate of a layer group that learns."""
    group = next(g for g in learner.model.layer_groups() if g.name == name)
    own = {id(p) for p in group.parameters()}
    peaks = [
        float(of["initial_lr"])
        for of in learner.optimizer.param_groups
        if any(id(p) in own for p in of["params"])
    ]
    return peaks[0]


def _learning(parameters: Sequence[torch.nn.Parameter]) -> bool:
    return any(parameter.requires_grad for parameter in parameters)
