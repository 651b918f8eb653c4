"""The link: what a model's raw outputs mean."""

from typing import get_args

import torch
from torch import Tensor, nn

from foldwise.competition.competition import Task
from foldwise.errors import DataError
from foldwise.settings.objective import LossKind

WITH_VARIANCE = ("gaussian", "kl")  # their models say how sure they are, target by target


class Link(nn.Module):
    """From raw outputs to predictions: values of a regression, probabilities of a classification.

    Attributes:
        outputs: how many values are predicted for a text.
        raw_outputs: how many raw outputs the head must give for them.
        low: with the loss "bce", (outputs,): the smallest value of each target in training.
        high: with the loss "bce", (outputs,): the largest.
    """

    low: Tensor
    high: Tensor

    def __init__(self, kind: LossKind, task: Task, outputs: int) -> None:
        super().__init__()
        if kind not in get_args(LossKind):
            raise ValueError(f"the loss must be one of {get_args(LossKind)}, got {kind!r}")
        self.kind = kind
        self.task = task
        self.outputs = outputs
        self.raw_outputs = outputs * 2 if kind in WITH_VARIANCE else outputs
        if kind == "bce":  # saved with the weights, which mean nothing without them
            self.register_buffer("low", torch.zeros(outputs))
            self.register_buffer("high", torch.ones(outputs))

    def predictions(self, raw: Tensor) -> Tensor:
        """What `raw` (texts, raw_outputs) predicts: (texts, outputs) float64.

        Raises:
            ValueError: there are more or fewer raw outputs.
        """
        if raw.shape[1:] != (self.raw_outputs,):
            raise ValueError(f"expected {self.raw_outputs} raw outputs, got {tuple(raw.shape)}")
        raw = raw.double()
        if self.task == "classification":
            return torch.softmax(raw, dim=1)
        if self.kind == "bce":
            low, high = self.low.to(raw), self.high.to(raw)
            return low + (high - low) * torch.sigmoid(raw)
        return raw[:, : self.outputs]

    @torch.no_grad()
    def start_from(self, targets: Tensor) -> Tensor:
        """The raw outputs, (raw_outputs,) float64, that predict the mean of `targets`.

        The logarithms of the classes' shares in a classification. With the loss "bce" the smallest
        and the largest target become `low` and `high`.

        Args:
            targets: (rows, targets) of the training rows; the class's number in a classification.

        Raises:
            DataError: a target is the same in all rows, where the loss needs its spread.
        """
        targets = targets.double().cpu()
        if self.task == "classification":
            counts = torch.bincount(targets[:, 0].long(), minlength=self.outputs)
            # a class may be absent from the sample
            return torch.log((counts + 1) / (len(targets) + self.outputs)).double()
        means = targets.mean(dim=0)
        if self.kind == "bce":
            self._check_spread(targets)
            low, high = targets.amin(dim=0), targets.amax(dim=0)
            self.low.copy_(low)
            self.high.copy_(high)
            return torch.logit((means - low) / (high - low))
        if self.kind in WITH_VARIANCE:
            self._check_spread(targets)
            return torch.cat([means, targets.var(dim=0, correction=0).log()])
        return means

    def _check_spread(self, targets: Tensor) -> None:
        constant = (targets.amin(dim=0) == targets.amax(dim=0)).nonzero().flatten().tolist()
        if constant:
            raise DataError(
                f"loss.kind={self.kind!r} needs targets that differ, but number "
                f"{', '.join(str(i + 1) for i in constant)} is the same in all {len(targets)} "
                f"training rows; choose loss.kind='mse'"
            )
