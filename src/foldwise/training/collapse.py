"""Collapsed training: a model that predicts the same for every text.

It happens to large encoders at high rates (https://arxiv.org/abs/2006.04884), and no further step
mends it; a new beginning at lower rates does.
"""

import math

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import Task

Floats = NDArray[np.float64]

SPREAD = 1e-3  # of predictions, as a share of the targets'; a model that learns has a hundred times
SLOWER = 0.5  # the rates of a new beginning, as a share of those before


class Collapsed(Exception):
    """Training has collapsed: after `step`, the predictions had this spread."""

    def __init__(self, step: int, spread: float) -> None:
        super().__init__(step, spread)
        self.step = step
        self.spread = spread


def prediction_spread(task: Task, predictions: Floats, targets: Floats) -> float:
    """How much predictions differ between texts, as a share of what targets do; 0: not at all.

    Infinite where nothing can be said: fewer than two rows.

    Args:
        task: what is predicted.
        predictions: (rows, outputs), values or probabilities.
        targets: (rows, targets).
    """
    if len(predictions) < 2:
        return math.inf
    spread = predictions.std(axis=0)
    if task == "classification":
        return float(spread.max())
    # targets that are all equal leave nothing to compare with
    scale = np.where(targets.std(axis=0) > 0, targets.std(axis=0), 1.0)
    return float((spread / scale).max())


def has_collapsed(spread: float, step: int, collapse_steps: int) -> bool:
    """Whether predictions are constant, at a step from which on that is a collapse."""
    return 0 < collapse_steps <= step and spread < SPREAD


def rates_of_attempt(attempt: int) -> float:
    """The factor of all rates after so many collapses."""
    return float(SLOWER**attempt)
