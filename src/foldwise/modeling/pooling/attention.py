"""A weighted mean whose weights are learned from the tokens' vectors."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from foldwise.modeling.pooling.pooling import WeightedPooling


class AttentionPooling(WeightedPooling):
    """A weighted mean over a text's tokens, with one query over a hidden layer.

    "tanh": https://aclanthology.org/N16-1174/, section 2.2. "gelu": a layer norm and GELU in the
    place of tanh, as in the blocks of a transformer (https://arxiv.org/abs/1606.08415).
    """

    def __init__(self, width: int, hidden: int, form: Literal["tanh", "gelu"] = "tanh") -> None:
        super().__init__(width)
        self.project = nn.Linear(width, hidden)
        self.norm = nn.LayerNorm(hidden) if form == "gelu" else None
        self.score = nn.Linear(hidden, 1, bias=False)  # softmax cancels a bias: it would not learn

    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """A softmax of the tokens' scores, over the text's tokens only."""
        scores = self.score(self._activated(self.project(hidden))).squeeze(-1).float()
        return torch.softmax(scores.masked_fill(~mask, -torch.inf), dim=1)

    def _activated(self, projected: Tensor) -> Tensor:
        if self.norm is None:
            return torch.tanh(projected)
        return functional.gelu(self.norm(projected))
