"""The head: from one vector a text to the outputs."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

WEIGHT_SD = 0.02  # as in BERT: outputs start near the bias. https://arxiv.org/abs/1810.04805


class Head(nn.Module):
    """Dropout and one linear layer, always in float32.

    In bf16 an output of 1.03 could only be 1.0234 or 1.0312: too coarse for a regression.
    """

    def __init__(self, width: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(width, outputs)
        nn.init.normal_(self.linear.weight, std=WEIGHT_SD)
        nn.init.zeros_(self.linear.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """The outputs of `vectors` (texts, width): (texts, outputs) float32."""
        with torch.autocast(vectors.device.type, enabled=False):
            outputs: Tensor = self.linear(self.dropout(vectors.float()))
        return outputs

    def initialise_bias(self, values: Sequence[float]) -> None:
        """Start from `values`, one an output: means of the targets, or logarithms of class shares.

        Raises:
            ValueError: there is not one value an output, or one is not finite.
        """
        bias = torch.tensor(values, dtype=torch.float32)
        if bias.shape != self.linear.bias.shape or not bias.isfinite().all():
            raise ValueError(
                f"the head's bias must be {len(self.linear.bias)} finite numbers, "
                f"got {list(values)}"
            )
        with torch.no_grad():
            self.linear.bias.copy_(bias)
