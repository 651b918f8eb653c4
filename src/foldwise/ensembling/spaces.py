"""Where members are added up: as they are, as logarithms of probabilities, or as ranks."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Space = Literal["plain", "logit", "rank"]

SMALLEST = 1e-7  # a probability below it counts as it: else one member's certainty decides alone
NODES = 257  # quantiles that stand for a member's distribution


def logarithms(probabilities: Floats) -> Floats:
    """The natural logarithms of probabilities; where two labels are, they differ by the logit."""
    return np.asarray(np.log(np.maximum(probabilities, SMALLEST)))


def softmax(logarithms: Floats) -> Floats:
    """(rows, labels) probabilities in proportion to the exponentials."""
    shifted = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def as_probabilities(values: Floats) -> Floats:
    """(rows, labels) without what is negative, each row summing to 1; of nothing, all alike."""
    kept = np.maximum(values, 0.0)
    sums = kept.sum(axis=1, keepdims=True)
    alike = np.full_like(kept, 1 / kept.shape[1])
    return np.asarray(np.divide(kept, sums, out=alike, where=sums > 0))


def quantiles_of(values: Floats) -> Floats:
    """(nodes,) the distribution of `values` (rows,) at equal steps of rank, ends included."""
    return np.asarray(np.quantile(values, np.linspace(0, 1, NODES)))


def to_ranks(values: Floats, quantiles: Floats) -> Floats:
    """(rows,) the share of a distribution below each value, 0 to 1; equal quantiles share a rank.

    Between two quantiles a rank is interpolated, so that the order of values is kept; what lies
    outside the distribution has the rank of its end.
    """
    nodes, position, counts = np.unique(quantiles, return_inverse=True, return_counts=True)
    ranks = np.bincount(position, weights=np.linspace(0, 1, len(quantiles))) / counts
    return np.asarray(np.interp(values, nodes, ranks))


def from_ranks(ranks: Floats, quantiles: Floats) -> Floats:
    """(rows,) the values that stand at these ranks of a distribution."""
    return np.asarray(np.interp(ranks, np.linspace(0, 1, len(quantiles)), quantiles))
