"""The gradient of one batch, whole or in micro-batches: the same but for rounding."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from foldwise.tokenization.batches import Batch
from foldwise.training.forward import Forward
from foldwise.training.losses import Labels
from foldwise.training.objective import Objective


def add_gradients(
    forward: Forward,
    objective: Objective,
    batches: Sequence[Batch],
    labels: Labels,
    scaler: GradScaler,
) -> Tensor:
    """The mean loss of a batch, a scalar on the device, whose gradient is added to the parameters.

    A loss that is a mean over texts is summed over micro-batches. A loss of the whole batch, such
    as a root of a mean, is not the sum of its parts: its gradient with respect to all outputs is
    taken first, then led back through one micro-batch at a time, which costs a second forward pass.
    https://arxiv.org/abs/2101.06983
    """
    if objective.loss.per_text or len(batches) == 1:
        return _summed(forward, objective, batches, labels, scaler)
    return _led_back(forward, objective, batches, labels, scaler)


def _summed(
    forward: Forward,
    objective: Objective,
    batches: Sequence[Batch],
    labels: Labels,
    scaler: GradScaler,
) -> Tensor:
    texts = sum(len(batch) for batch in batches)
    parts: list[Tensor] = []
    for batch in batches:
        outputs = _passes(forward, batch, objective.passes)
        loss = objective.total(outputs, labels.at(batch.rows)) / texts
        torch.autograd.backward(scaler.scale(loss))
        parts.append(loss.detach())
    return torch.stack(parts).sum()


def _led_back(
    forward: Forward,
    objective: Objective,
    batches: Sequence[Batch],
    labels: Labels,
    scaler: GradScaler,
) -> Tensor:
    seeds = [int(seed) for seed in torch.randint(2**62, (len(batches),))]
    with torch.no_grad(), statistics_kept(forward):
        parts = [
            _seeded(seed, forward, b, objective) for seed, b in zip(seeds, batches, strict=True)
        ]
    whole = torch.cat(parts, dim=1).requires_grad_()
    rows = torch.cat([batch.rows for batch in batches])
    loss = objective.total(whole, labels.at(rows)) / len(rows)
    (gradient,) = torch.autograd.grad(scaler.scale(loss), whole)
    sizes = [len(batch) for batch in batches]
    for seed, batch, part in zip(seeds, batches, gradient.split(sizes, dim=1), strict=True):
        outputs = _seeded(seed, forward, batch, objective)  # the same dropout as before
        torch.autograd.backward(outputs, part.to(outputs.dtype))
    return loss.detach()


def _seeded(seed: int, forward: Forward, batch: Batch, objective: Objective) -> Tensor:
    torch.manual_seed(seed)
    return _passes(forward, batch, objective.passes)


def _passes(forward: Forward, batch: Batch, count: int) -> Tensor:
    """(passes, texts, raw outputs) of a micro-batch."""
    outputs = [forward(batch)]
    with statistics_kept(forward):
        outputs += [forward(batch) for _ in range(1, count)]
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
