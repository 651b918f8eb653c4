"""What every pooling is: tokens' vectors in, one vector a text out, blind to padding.

Weights and sums are float32 whatever the encoder computes in: bf16 keeps two to three digits, and a
sum in fp16 may overflow. A text must have a token, which special tokens see to.
"""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Pooling(nn.Module, ABC):
    """From the tokens' vectors to one vector a text; what stands at padding never matters.

    Attributes:
        width: of the vector it gives.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    @abstractmethod
    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """One vector a text, (texts, width) float32.

        Args:
            hidden: (texts, tokens, width of a token).
            mask: (texts, tokens) bool, true at tokens.
        """


class WeightedPooling(Pooling):
    """A weighted sum over the tokens of a text; padding weighs exactly nothing."""

    @abstractmethod
    def weights(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """How much each token counts: (texts, tokens) float32, 0 at padding; a text's sum is 1."""

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The weighted sums, (texts, width) float32."""
        # A product and a sum, not a matrix product: under autocast that one would be in bf16.
        return (self.weights(hidden, mask)[..., None] * hidden).sum(dim=1)
