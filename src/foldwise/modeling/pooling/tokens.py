"""Poolings that learn nothing: the mean of the tokens, and one of them."""

from typing import Literal

import torch
from torch import Tensor

from foldwise.modeling.pooling.pooling import WeightedPooling

ClsPosition = Literal["first", "last"]


class MeanPooling(WeightedPooling):
    """The mean over a text's tokens."""

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The same for each token: one over their number."""
        del hidden
        present = mask.float()
        return present / present.sum(dim=1, keepdim=True)


class FirstTokenPooling(WeightedPooling):
    """The vector of the classifier's token: a text's first, in XLNet its last.

    https://arxiv.org/abs/1810.04805, section 3; https://arxiv.org/abs/1906.08237 for XLNet.
    Counted among a text's own tokens, so that padding on the left does not matter.
    """

    def __init__(self, width: int, cls_position: ClsPosition = "first") -> None:
        super().__init__(width)
        self.cls_position = cls_position

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """One at the classifier's token, zero elsewhere."""
        del hidden
        places = torch.arange(mask.shape[1], device=mask.device)
        return (places == self._place(mask)[:, None]).float() * mask

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The classifier's token's vectors, (texts, width) float32: picked, which is faster."""
        texts = torch.arange(len(mask), device=mask.device)
        return hidden[texts, self._place(mask)].float()

    def _place(self, mask: Tensor) -> Tensor:
        """Where the classifier's token stands in each text: (texts,) int64."""
        places = torch.arange(mask.shape[1], device=mask.device)
        if self.cls_position == "first":
            return torch.where(mask, places, mask.shape[1] - 1).amin(dim=1)
        return torch.where(mask, places, 0).amax(dim=1)
