"""How different two passes over the same texts are, which R-Drop keeps small.

https://arxiv.org/abs/2106.14448
"""

from typing import Protocol

import torch
from torch import Tensor

from foldwise.competition.competition import Task


class Predicting(Protocol):
    """The way from raw outputs to predictions."""

    def predictions(self, raw: Tensor) -> Tensor:
        """Values of a regression, (texts, targets) float64, of raw outputs (texts, raw)."""


def consistency(task: Task, first: Tensor, second: Tensor, link: Predicting) -> Tensor:
    """The difference of two passes with other dropout, text by text, (texts,) float32.

    In a classification the mean of both Kullback-Leibler divergences between the classes'
    probabilities; in a regression the squared difference of the values, averaged over the targets.

    Args:
        task: which of the two.
        first: (texts, raw) outputs.
        second: (texts, raw) outputs for the same texts.
        link: the model's, which makes values of outputs.
    """
    if task == "regression":
        apart = link.predictions(first) - link.predictions(second)
        return apart.square().mean(dim=1).float()
    one, other = (torch.log_softmax(raw.float(), dim=1) for raw in (first, second))
    return 0.5 * ((one.exp() - other.exp()) * (one - other)).sum(dim=1)
