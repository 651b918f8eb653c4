"""Schedules: one factor in [0, 1] for all layer groups, so that their ratios hold.

A schedule is a function of a step's number alone, from 0. A training of `steps` steps takes the
steps 0 to `steps - 1`; what a fall approaches would be reached at step number `steps`.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from foldwise import settings

if TYPE_CHECKING:  # a report computes rates without torch
    from torch.optim import Optimizer


class Scheduler:
    """Sets the rates of an optimizer, and beta1 in a one-cycle schedule, for the step to come.

    Nothing of it needs saving: it is made anew from the number of steps `done`.
    """

    def __init__(
        self, optimizer: "Optimizer", schedule: settings.Schedule, steps: int, done: int
    ) -> None:
        self._optimizer = optimizer
        self._factor = schedule_factor(schedule, steps)
        self._moves_beta1 = schedule.kind == "one_cycle"
        self._beta1: list[Callable[[int], float]] = []
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])  # may be there: from an earlier scheduler
            if self._moves_beta1:
                group.setdefault("initial_beta1", group["betas"][0])
                self._beta1.append(beta1_of(schedule, group["initial_beta1"], steps))
        self._done = done
        self._set()

    def step(self) -> None:
        """Go on to the next step."""
        self._done += 1
        self._set()

    def _set(self) -> None:
        factor = self._factor(self._done)
        for group in self._optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        if self._moves_beta1:
            for group, beta1 in zip(self._optimizer.param_groups, self._beta1, strict=True):
                group["betas"] = (beta1(self._done), group["betas"][1])


def warmup_length(schedule: settings.Schedule, steps: int) -> int:
    """How many steps the warm-up takes; it may be longer than a training of `steps` steps."""
    return schedule.warmup_steps or round(schedule.warmup * steps)


def schedule_factor(schedule: settings.Schedule, steps: int) -> Callable[[int], float]:
    """The factor of the step with a given number, in a training of `steps` steps.

    It rises over the warm-up, whose first step already learns, is 1 at the first step after it,
    and then stays or falls as the kind says; the last step still learns a little.
    """
    warmup = warmup_length(schedule, steps)
    lowest = _begin(schedule, warmup), _end(schedule)

    def factor(step: int) -> float:
        if step < warmup:
            return _between(lowest[0], _rise(schedule.kind, step, warmup))
        left = _left(step - warmup, steps - warmup, schedule.restarts)
        return _between(lowest[1], _fall(schedule, left))

    return factor


def beta1_of(schedule: settings.Schedule, beta1: float, steps: int) -> Callable[[int], float]:
    """The momentum of the step with a given number: `beta1`, but in a one-cycle schedule.

    There it falls to `schedule.beta1_at_peak` while the rates rise, and comes back while they fall.
    https://arxiv.org/abs/1803.09820 section 4.3
    """
    if schedule.kind != "one_cycle":
        return lambda _step: beta1
    # how far the rates are on their way up, whatever they begin and end with
    height = schedule_factor(schedule.model_copy(update={"start": 0.0, "end": 0.0}), steps)
    return lambda step: beta1 + (schedule.beta1_at_peak - beta1) * height(step)


def _begin(schedule: settings.Schedule, warmup: int) -> float:
    """The factor of the first step of a warm-up."""
    if schedule.kind in ("one_cycle", "slanted"):
        return schedule.start
    return 1 / (warmup + 1)  # not 0: a step that learns nothing is a step lost


def _end(schedule: settings.Schedule) -> float:
    """The factor that the fall approaches."""
    return schedule.start if schedule.kind == "slanted" else schedule.end


def _rise(kind: str, step: int, warmup: int) -> float:
    """How far a warm-up has come, from 0 to 1, before the given one of its steps."""
    share = step / warmup
    return _half_cosine(share) if kind == "one_cycle" else share


def _fall(schedule: settings.Schedule, left: float) -> float:
    """How high above its end a fall still is, from 1 to 0, when the share `left` of it remains.

    cosine: https://arxiv.org/abs/1608.03983; one_cycle: https://arxiv.org/abs/1708.07120;
    slanted: https://arxiv.org/abs/1801.06146, equation 3, where 1 / `start` is its ratio.
    """
    if schedule.kind == "constant":
        return 1.0
    if schedule.kind == "polynomial":
        return float(left**schedule.power)
    return _half_cosine(left) if schedule.kind in ("cosine", "one_cycle") else left


def _left(step: int, steps: int, restarts: int) -> float:
    """The share of a fall that remains before its step with this number.

    With restarts, the steps are cut into cycles that are equal, or differ by one step.
    """
    if step >= steps:
        return 0.0
    cycles = restarts + 1
    cycle = ((step + 1) * cycles - 1) // steps  # the last one that has begun
    begin, end = cycle * steps // cycles, (cycle + 1) * steps // cycles
    return (end - step) / (end - begin)


def _half_cosine(share: float) -> float:
    """From 0 to 1 along half a wave of a cosine."""
    return 0.5 * (1 - math.cos(math.pi * share))


def _between(lowest: float, height: float) -> float:
    return lowest + (1 - lowest) * height
