"""Poolings that take each dimension's largest or smallest values over the tokens of a text."""

import torch
from torch import Tensor

from foldwise.modeling.pooling.pooling import Pooling


class MaxPooling(Pooling):
    """Each dimension's largest value among a text's tokens."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The largest values, (texts, width) float32."""
        return hidden.masked_fill(~mask[..., None], -torch.inf).amax(dim=1).float()


class MinPooling(Pooling):
    """Each dimension's smallest value among a text's tokens."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The smallest values, (texts, width) float32."""
        return hidden.masked_fill(~mask[..., None], torch.inf).amin(dim=1).float()


class TopPooling(Pooling):
    """Each dimension's mean of its k largest values; of all, in a text of fewer tokens.

    Between the maximum (k = 1) and the mean: https://doi.org/10.3115/v1/P14-1062 for k-max pooling.
    """

    def __init__(self, width: int, k: int) -> None:
        super().__init__(width)
        self.k = k

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The means of the largest values, (texts, width) float32."""
        k = min(self.k, hidden.shape[1])
        largest = hidden.masked_fill(~mask[..., None], -torch.inf).topk(k, dim=1).values
        counts = mask.sum(dim=1).clamp(max=k)[:, None, None]  # of tokens that are there
        is_padding = torch.arange(k, device=mask.device)[None, :, None] >= counts  # sorted last
        return largest.float().masked_fill(is_padding, 0.0).sum(dim=1) / counts[:, 0]
