"""The generalised mean, between the mean and the maximum as it learns."""

import math

import torch
from torch import Tensor, nn

from foldwise.modeling.pooling.pooling import Pooling

FIRST_POWER = 3.0  # as in the source
SMALLEST = 1e-6  # a power mean is of positive values: smaller ones count as this


class PowerPooling(Pooling):
    """Each dimension's generalised mean over a text's tokens, (mean of x^p)^(1/p), p learned.

    https://arxiv.org/abs/1711.02512, section 3.2. Of positive values, which hidden states are not
    all: what is below one millionth counts as that. Computed with logarithms, because x^p leaves
    the range of float32 as p grows; p itself is learned as a logarithm, which keeps it positive.
    """

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.log_power = nn.Parameter(torch.tensor([math.log(FIRST_POWER)]))

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The generalised means, (texts, width) float32."""
        power = self.log_power.float().exp()
        logarithms = hidden.float().clamp(min=SMALLEST).log() * power
        sums = logarithms.masked_fill(~mask[..., None], -torch.inf).logsumexp(dim=1)
        means = sums - mask.sum(dim=1, keepdim=True).float().log()
        return (means / power).exp()
