"""What training minimises: the sum over the texts of a micro-batch."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from foldwise.competition.competition import Task

Loss = Callable[[Tensor, Tensor], Tensor]


def summed_loss(task: Task) -> Loss:
    """The task's loss: (texts, outputs) and (texts, targets) to a scalar, summed over the texts.

    A sum, because a batch may be cut into micro-batches: the caller divides by the texts of the
    whole batch, so that no text weighs more for being in a small one. Several targets are averaged.
    """
    return _squared_error if task == "regression" else _cross_entropy


def _squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.float() - targets).square().mean(dim=1).sum()


def _cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs.float(), targets[:, 0].long(), reduction="sum")


def probabilities_or_values(task: Task, outputs: Tensor) -> Tensor:
    """What is predicted: (texts, outputs) as they are in a regression, softmaxed else; float64."""
    outputs = outputs.double()
    return outputs if task == "regression" else torch.softmax(outputs, dim=1)
