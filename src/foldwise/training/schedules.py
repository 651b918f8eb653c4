"""Learning-rate schedules: one factor in [0, 1] for all layer groups, so that their ratios hold."""

import math
from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from foldwise import settings


def schedule_factor(schedule: settings.Schedule, steps: int) -> Callable[[int], float]:
    """The factor of the step with a given number (from 0) in a training of `steps` steps.

    It rises linearly over the warm-up, whose first step already learns, then stays, falls linearly
    or along half a cosine; the last step still learns a little.
    """
    warmup = round(schedule.warmup * steps)

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        left = (steps - step) / max(1, steps - warmup)
        return _fall(schedule.kind, max(0.0, left))

    return factor


def _fall(kind: str, left: float) -> float:
    """The factor when the share `left` of the steps after the warm-up remains."""
    if kind == "constant":
        return 1.0
    if kind == "linear":
        return left
    return 0.5 * (1 - math.cos(math.pi * left))  # https://arxiv.org/abs/1608.03983, one cycle


def scheduler(optimizer: Optimizer, schedule: settings.Schedule, steps: int, done: int) -> LambdaLR:
    """The scheduler of `optimizer` after `done` steps: its state is a function of that number."""
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
    return LambdaLR(optimizer, schedule_factor(schedule, steps), last_epoch=done - 1)
