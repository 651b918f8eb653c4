"""The gradient of one batch, whole or in micro-batches: the same but for rounding."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from foldwise.tokenization.batches import Batch
from foldwise.training.forward import Forward
from foldwise.training.losses import Labels
from foldwise.training.objective import Objective
from foldwise.training.team import ALONE, Team


@dataclass(frozen=True, eq=False)
class Gradients:
    """Adds the gradients of batches to the parameters.

    Attributes:
        forward: from a micro-batch to raw outputs.
        objective: what is minimised.
        scaler: of fp16.
        team: each of which adds the gradient of its share of the batch.
    """

    forward: Forward
    objective: Objective
    scaler: GradScaler
    team: Team = ALONE

    def add(self, batches: Sequence[Batch], labels: Labels) -> Tensor:
        """The mean loss of a batch, a scalar on the device, whose gradient is added.

        A loss that is a mean over texts is summed over micro-batches. A loss of the whole batch,
        such as a root of a mean, is not the sum of its parts: its gradient with respect to all
        outputs is taken first, then led back through one micro-batch at a time, which costs a
        second forward pass. https://arxiv.org/abs/2101.06983
        """
        if self.objective.loss.per_text or len(batches) == 1:
            return self._summed(batches, labels)
        return self._led_back(batches, labels)

    @torch.no_grad()
    def loss(self, batches: Sequence[Batch], labels: Labels) -> Tensor:
        """The mean loss of a batch, a scalar on the device; no gradient is added."""
        with statistics_kept(self.forward):
            whole = torch.cat([self._passes(batch) for batch in batches], dim=1)
        rows = torch.cat([batch.rows for batch in batches])
        return self.objective.total(whole, labels.at(rows)) / len(rows)

    def _summed(self, batches: Sequence[Batch], labels: Labels) -> Tensor:
        texts = self.team.total(sum(len(batch) for batch in batches))
        if not batches:  # the batch is smaller than the team
            nothing = torch.zeros((), device=labels.values.device)
            self.scaler.scale(nothing)  # it begins with the first loss that it is shown
            return nothing
        parts: list[Tensor] = []
        for batch in batches:
            loss = self.objective.total(self._passes(batch), labels.at(batch.rows)) / texts
            torch.autograd.backward(self.scaler.scale(loss))
            parts.append(loss.detach())
        return torch.stack(parts).sum()

    def _led_back(self, batches: Sequence[Batch], labels: Labels) -> Tensor:
        seeds = [int(seed) for seed in torch.randint(2**62, (len(batches),))]
        with torch.no_grad(), statistics_kept(self.forward):
            parts = [self._seeded(seed, batch) for seed, batch in zip(seeds, batches, strict=True)]
        whole = torch.cat(parts, dim=1).requires_grad_()
        rows = torch.cat([batch.rows for batch in batches])
        loss = self.objective.total(whole, labels.at(rows)) / len(rows)
        (gradient,) = torch.autograd.grad(self.scaler.scale(loss), whole)
        sizes = [len(batch) for batch in batches]
        for seed, batch, part in zip(seeds, batches, gradient.split(sizes, dim=1), strict=True):
            outputs = self._seeded(seed, batch)  # the same dropout as before
            torch.autograd.backward(outputs, part.to(outputs.dtype))
        return loss.detach()

    def _seeded(self, seed: int, batch: Batch) -> Tensor:
        torch.manual_seed(seed)
        return self._passes(batch)

    def _passes(self, batch: Batch) -> Tensor:
        """(passes, texts, raw outputs) of a micro-batch."""
        outputs = [self.forward(batch)]
        with statistics_kept(self.forward):
            outputs += [self.forward(batch) for _ in range(1, self.objective.passes)]
        return torch.stack(outputs)


@contextmanager
def statistics_kept(forward: Forward) -> Iterator[None]:
    """While open, batch norms do not count what they see: a step shows them each text once."""
    norms = [m for m in forward.model.head.modules() if isinstance(m, nn.BatchNorm1d)]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, before, strict=True):
            norm.momentum = momentum
