"""Poolings: from the tokens' vectors to one vector a text, blind to padding.

Each pooling is a weighted sum over the tokens; padding weighs exactly nothing. Weights and sums are
float32 whatever the encoder computes in: bf16 keeps two to three digits, and a sum in fp16 may
overflow. A text must have a token, which special tokens see to; without any, its
vector is NaN, so that it cannot pass unnoticed.
"""

from abc import ABC, abstractmethod
from typing import Literal

import torch
from torch import Tensor, nn

ClsPosition = Literal["first", "last"]


class Pooling(nn.Module, ABC):
    """A weighted sum over the tokens of a text."""

    @abstractmethod
    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """How much each token counts: (texts, tokens) float32, 0 at padding; a text's sum is 1.

        Args:
            hidden: (texts, tokens, width).
            mask: (texts, tokens) bool, true at tokens.
        """

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """One vector a text, (texts, width) float32; the arguments are those of `weights`."""
        # A product and a sum, not a matrix product: under autocast that one would be in bf16.
        return (self.weights(hidden, mask)[..., None] * hidden).sum(dim=1)


class MeanPooling(Pooling):
    """The mean over a text's tokens."""

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The same for each token: one over their number."""
        del hidden
        present = mask.float()
        return present / present.sum(dim=1, keepdim=True)


class FirstTokenPooling(Pooling):
    """The vector of the classifier's token: a text's first, in XLNet its last.

    https://arxiv.org/abs/1810.04805, section 3; https://arxiv.org/abs/1906.08237 for XLNet.
    Counted among a text's own tokens, so that padding on the left does not matter.
    """

    def __init__(self, cls_position: ClsPosition = "first") -> None:
        super().__init__()
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


class AttentionPooling(Pooling):
    """A weighted mean over a text's tokens, with weights that are learned from their vectors.

    One query over a hidden layer with tanh: https://aclanthology.org/N16-1174/, section 2.2.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.project = nn.Linear(width, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)  # softmax cancels a bias: it would not learn

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """A softmax of the tokens' scores, over the text's tokens only."""
        scores = self.score(torch.tanh(self.project(hidden))).squeeze(-1).float()
        return torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=1)
