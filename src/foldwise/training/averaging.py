"""Averages of the weights over steps: smoother than the last step's, and often better."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from foldwise import settings


@dataclass
class Average:
    """A running average of a model's weights.

    EMA: https://arxiv.org/abs/2411.18704; SWA: Izmailov et al. (2018),
    https://arxiv.org/abs/1803.05407

    Attributes:
        chosen: which average.
        begins: the first step, from 1, that SWA averages.
        count: of steps averaged so far.
        weights: the average by name; empty before the first.
    """

    chosen: settings.Averaging
    begins: int
    count: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    @torch.no_grad()
    def update(self, now: Mapping[str, Tensor], step: int) -> None:
        """Take in the weights after `step`."""
        if not self._is_due(step):
            return
        self.count += 1
        if not self.weights:
            self.weights = {name: value.detach().clone() for name, value in now.items()}
            return
        values = {name: value for name, value in now.items() if value.is_floating_point()}
        # a few launches on a GPU, where one for each tensor may take longer than the step's own;
        # SWA is an EMA whose share falls
        average = get_ema_multi_avg_fn(1 - self._share())
        average([self.weights[name] for name in values], list(values.values()), self.count)
        for name in now.keys() - values.keys():  # a batch norm's count of batches
            self.weights[name].copy_(now[name])

    def _is_due(self, step: int) -> bool:
        if self.chosen.kind == "ema":
            return True
        return step >= self.begins and (step - self.begins) % self.chosen.every == 0

    def _share(self) -> float:
        """How much the newest weights count in the average."""
        if self.chosen.kind == "swa":
            return 1 / self.count
        # early on the average reaches back a tenth of the steps taken, not to the random head
        return 1 - min(self.chosen.decay, (1 + self.count) / (10 + self.count))

    @contextmanager
    def applied(self, model: Mapping[str, Tensor]) -> Iterator[None]:
        """While open, the model has the average for weights, if there is one yet."""
        if not self.weights:
            yield
            return
        own = {name: value.detach().clone() for name, value in model.items()}
        with torch.no_grad():
            for name, value in model.items():
                value.copy_(self.weights[name])
        try:
            yield
        finally:
            with torch.no_grad():
                for name, value in model.items():
                    value.copy_(own[name])


def average_of(chosen: settings.Averaging, steps: int) -> Average | None:
    """The average that the settings ask for, in a training of `steps` steps; None if none."""
    if chosen.kind == "none":
        return None
    return Average(chosen, begins=min(steps, 1 + round(chosen.start * steps)))
