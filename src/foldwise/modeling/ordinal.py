"""Ordered classes from one score: the cumulative logit model."""

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus

LEAST_GAP = 1e-4  # between two cut points: without it a class could lose all its probability


class Cuts(nn.Module):
    """Cut points on the line of scores, between each class and the next, always in order.

    P(class <= k) = sigmoid(cut k - score): https://doi.org/10.1111/j.2517-6161.1980.tb01109.x. The
    first cut is free, and each of the others lies a positive gap above the one before, so that no
    step of an optimizer can put them out of order.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        if classes < 2:
            raise ValueError(f"a score is cut into two classes at least, got {classes}")
        self.first = nn.Parameter(torch.zeros(1))
        self.raw_gaps = nn.Parameter(torch.zeros(classes - 2))
        self.start_from(torch.full((classes,), 1 / classes))

    def forward(self, scores: Tensor) -> Tensor:
        """The classes' log-probabilities at `scores` (texts, 1): (texts, classes).

        With a = cut k-1 - score and b = cut k - score, log P(k) = log(sigmoid(b) - sigmoid(a)) is
        written as log sigmoid(b) + log sigmoid(-a) + log(1 - exp(a - b)): the difference of two
        sigmoids is 0 in float32 as soon as the score is far from the class.
        """
        gaps = self._gaps()
        distances = self._points(gaps) - scores
        up_to, above = logsigmoid(distances), logsigmoid(-distances)
        between = up_to[:, 1:] + above[:, :-1] + torch.log(-torch.expm1(-gaps))
        return torch.cat([up_to[:, :1], between, above[:, -1:]], dim=1)

    def points(self) -> Tensor:
        """The cut points, (classes - 1,), the lowest first."""
        return self._points(self._gaps())

    @torch.no_grad()
    def start_from(self, shares: Tensor) -> None:
        """Put the cuts where a score of 0 gives the classes these `shares`, (classes,), all > 0."""
        points = torch.logit(shares.double().cumsum(0)[:-1])
        gaps = (points.diff() - LEAST_GAP).clamp(min=LEAST_GAP)
        self.first.copy_(points[:1])
        self.raw_gaps.copy_(gaps + torch.log(-torch.expm1(-gaps)))  # the inverse of softplus

    def _gaps(self) -> Tensor:
        return softplus(self.raw_gaps) + LEAST_GAP

    def _points(self, gaps: Tensor) -> Tensor:
        return torch.cat([self.first, self.first + gaps.cumsum(0)])
