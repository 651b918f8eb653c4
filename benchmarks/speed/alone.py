"""Whether predictions are those of the rows they are said to be of."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

CHECKED = 16  # rows
MOST_OFF = 0.5  # of the outputs' standard deviation; bf16 is off by less than 0.1, mixed rows by 1


def sharpen(model: nn.Module) -> None:
    """Give the heads of an untrained model random weights, so that its outputs differ by row."""
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.out_features == 1:
            nn.init.normal_(module.weight)


def checked_rows(count: int) -> list[int]:
    """The numbers of the rows that are also predicted alone, of `count`."""
    return [int(row) for row in np.linspace(0, count - 1, min(CHECKED, count))]


def largest_difference(predicted: NDArray[np.float64], alone: NDArray[np.float64]) -> float:
    """The largest difference of the checked rows from themselves alone, over their deviation.

    Args:
        predicted: (rows,) in the order of the rows.
        alone: (checked rows,) predicted one by one.

    Raises:
        ValueError: rows are mixed up, or all outputs are alike, so that nobody could tell.
    """
    spread = float(alone.std())
    if not spread > 0:
        raise ValueError(f"{len(alone)} rows alone are all predicted as {alone[0]}")
    off = float(np.abs(predicted[checked_rows(len(predicted))] - alone).max()) / spread
    if not off < MOST_OFF:
        raise ValueError(f"predictions are off by {off:.2f} standard deviations: of other rows?")
    return off
