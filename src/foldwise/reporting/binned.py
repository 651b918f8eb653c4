"""Means over rows that are alike in one number, each with its standard error."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 10
LEAST = 2  # rows, for a standard error


@dataclass(frozen=True)
class Bin:
    """The rows between two quantiles.

    Attributes:
        at: their mean in the number that they are alike in.
        mean: of the values.
        standard_error: of that mean; NaN of fewer than two rows.
        rows: how many.
    """

    at: float
    mean: float
    standard_error: float
    rows: int


def binned(by: Floats, values: Floats, bins: int = BINS) -> list[Bin]:
    """The mean of `values` (rows,) in each of up to `bins` parts of `by` (rows,) of like size.

    Rows that are equal in `by` stay together, so that there may be fewer parts.
    """
    if len(by) == 0:
        return []
    edges = np.unique(np.quantile(by, np.linspace(0, 1, bins + 1)[1:-1]))
    part = np.searchsorted(edges, by, side="left")
    return [_bin(by[part == k], values[part == k]) for k in np.unique(part)]


def _bin(by: Floats, values: Floats) -> Bin:
    rows = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(rows) if rows >= LEAST else math.nan
    return Bin(float(by.mean()), float(values.mean()), error, rows)


def root_of(of: Bin) -> Bin:
    """A bin of mean squares as the root of its mean, by the delta method."""
    root = math.sqrt(of.mean)
    error = of.standard_error / (2 * root) if root else 0.0
    return Bin(of.at, root, error, of.rows)
