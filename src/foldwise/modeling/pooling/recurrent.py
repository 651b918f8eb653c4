"""What a recurrent network knows after it has read a text's vectors, in both directions."""

from typing import Literal

import torch
from torch import Tensor, nn

from foldwise.modeling.pooling.own_tokens import own_tokens_first
from foldwise.modeling.pooling.pooling import Pooling


class RecurrentPooling(Pooling):
    """The last outputs of two recurrent networks, which read a text from its two ends.

    https://doi.org/10.1016/j.neunet.2005.06.042 (LSTM), https://arxiv.org/abs/1406.1078 (GRU).
    Each reads the text's own tokens from the left of the row on, and its output at the last of them
    is taken: what follows cannot matter then. A packed sequence would do the same, but needs the
    lengths on the processor, which a GPU's queue would have to wait for at every step.
    """

    def __init__(self, width: int, units: int, kind: Literal["lstm", "gru"]) -> None:
        super().__init__(2 * units)
        network = nn.LSTM if kind == "lstm" else nn.GRU
        self.forwards = network(width, units, batch_first=True)
        self.backwards = network(width, units, batch_first=True)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The outputs after the last and after the first token, (texts, 2 x units) float32."""
        last = (mask.sum(dim=1) - 1).clamp(min=0)
        texts = torch.arange(len(mask), device=mask.device)
        with torch.autocast(hidden.device.type, enabled=False):  # errors add up over the tokens
            ends = [
                network(own_tokens_first(hidden.float(), mask, is_reversed=is_reversed))[0]
                for network, is_reversed in ((self.forwards, False), (self.backwards, True))
            ]
        return torch.cat([outputs[texts, last] for outputs in ends], dim=-1)
