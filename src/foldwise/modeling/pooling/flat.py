"""All tokens' vectors, one behind the other."""

import torch
from torch import Tensor
from torch.nn import functional

from foldwise.errors import UsageError
from foldwise.modeling.pooling.own_tokens import own_tokens_first
from foldwise.modeling.pooling.pooling import Pooling

MOST_VALUES = 1_000_000  # a text: 64 MB a batch of 16 in float32, and as much a head's output


class FlatPooling(Pooling):
    """A text's own tokens' vectors, one behind the other, with zeros up to the longest text.

    Raises:
        UsageError: the vector would have more than a million values.
    """

    def __init__(self, width: int, max_length: int) -> None:
        super().__init__(width * max_length)
        self.max_length = max_length
        if self.width > MOST_VALUES:
            raise UsageError(
                f"the flatten pooling makes at most {MOST_VALUES:,} values a text, but "
                f"{max_length:,} tokens x {width:,} values are {self.width:,}; set "
                f"pooling.bottleneck to {max(1, MOST_VALUES // max_length)} or less, or lower "
                f"encoder.max_length"
            )

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """The vectors, (texts, max_length x width of a token) float32; NaN for a longer text.

        A batch may be wider than its longest text, so only the text's own tokens are counted.
        """
        moved = own_tokens_first(hidden, mask)[:, : self.max_length].float()
        filled = functional.pad(moved, (0, 0, 0, self.max_length - moved.shape[1]))
        is_cut = mask.sum(dim=1, keepdim=True) > self.max_length  # refusing would wait for the GPU
        return filled.flatten(1).masked_fill(is_cut, torch.nan)
