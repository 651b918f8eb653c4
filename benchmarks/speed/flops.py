"""How many operations a model needs for its real tokens, whoever computes them.

https://arxiv.org/abs/2204.02311, appendix B: model FLOPs utilization. Counted are the products with
the layers' matrices and those within attention; not the embeddings' look-ups, norms, activations,
pooling and head, and nothing that is spent on padding or computed twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

FORMULA = (
    "Utilisation is model FLOPs over the matrix peak. Model FLOPs on real tokens: 6 x parameters "
    "of the layers' matrices x tokens, and 12 x layers x width x the sum of squared lengths for "
    "attention, in training; a third of both in prediction; look-ups in the embeddings count "
    "nothing ([source](https://arxiv.org/abs/2204.02311), appendix B)."
)
TRAINING, PREDICTION = 3, 1  # passes: forward, and backward to inputs and to parameters


@dataclass(frozen=True)
class ModelShape:
    """What of an encoder decides how many operations it needs.

    Attributes:
        layers: how many.
        width: of the heads of a layer together.
        matrices: (outputs, inputs) of every matrix in the layers.
    """

    layers: int
    width: int
    matrices: tuple[tuple[int, int], ...]

    @property
    def parameters(self) -> int:
        """Of all matrices in the layers."""
        return sum(outputs * inputs for outputs, inputs in self.matrices)


class Amount(NamedTuple):
    """How much was worked on: rows, real tokens, and the sum of the rows' squared lengths."""

    rows: int
    tokens: int
    squares: int

    def times(self, count: int) -> "Amount":
        """The same so many times over."""
        return Amount(self.rows * count, self.tokens * count, self.squares * count)


def amount_of(lengths: Iterable[int]) -> Amount:
    """The amount of texts of these lengths, in tokens, special ones included."""
    counted = [int(length) for length in lengths]
    return Amount(len(counted), sum(counted), sum(length**2 for length in counted))


def training_flops(shape: ModelShape, amount: Amount) -> int:
    """Additions and multiplications to learn from `amount` once."""
    return _flops(shape, amount, TRAINING)


def prediction_flops(shape: ModelShape, amount: Amount) -> int:
    """Additions and multiplications to predict `amount` once."""
    return _flops(shape, amount, PREDICTION)


def _flops(shape: ModelShape, amount: Amount, passes: int) -> int:
    in_matrices = 2 * shape.parameters * amount.tokens
    in_attention = 4 * shape.layers * shape.width * amount.squares  # scores, then weighted values
    return passes * (in_matrices + in_attention)
