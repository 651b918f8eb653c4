"""Which evaluation predicts a fold's rows: chosen by rows that it does not predict.

The best of several evaluations of a fold looks better on that fold than it is. So each half of the
fold is predicted by the evaluation that the other half chose: no row has a say in what predicts it.
It is cross-validation of the choice: https://jmlr.org/papers/v11/cawley10a.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise.competition.metrics import Metric, score
from foldwise.errors import DataError

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]


@dataclass
class Choice:
    """The evaluation that some of a fold's rows chose.

    Attributes:
        step: after which it came; 0: none yet.
        score: on the rows that chose; None where the metric has been undefined on them: they
            cannot choose, and have the latest evaluation.
        outputs: (texts, outputs) raw, of the rows that it predicts: the other half's.
        stale: evaluations since the one chosen; none where nothing could be chosen.
    """

    step: int = 0
    score: float | None = None
    outputs: Tensor | None = None
    stale: int = 0

    def consider(self, metric: Metric, value: float | None, step: int, outputs: Tensor) -> None:
        """Take an evaluation of this `value` if it is better, or if nothing can be said yet."""
        if self.score is None or (value is not None and metric.is_better(value, self.score)):
            self.step, self.score, self.outputs, self.stale = step, value, outputs, 0
        else:
            self.stale += 1


def consider(
    choices: Sequence[Choice],
    second: Rows,
    metric: Metric,
    targets: Floats,
    predictions: Floats,
    outputs: Tensor,
    step: int,
    patience: int = 0,
) -> None:
    """Let both halves of a fold look at an evaluation, unless their patience has come to its end.

    Each half has its own: were training over for both when the whole fold has waited long enough,
    the rows of one half would have a say in how far the other may choose.

    Args:
        choices: of the first half and of the second; changed in place.
        second: (rows,) whether each row is in the second half.
        metric: that decides.
        targets: (rows, targets).
        predictions: (rows, outputs), as scored.
        outputs: (rows, outputs), raw, as kept.
        step: after which the evaluation came.
        patience: evaluations without a better one that end a half's choice; 0: none do.
    """
    for choice, rows in zip(choices, (~second, second), strict=True):
        if 0 < patience <= choice.stale:
            continue
        value = _score(metric, targets[rows], predictions[rows])
        choice.consider(metric, value, step, outputs[torch.from_numpy(~rows)])


def cross_fitted(choices: Sequence[Choice], second: Rows) -> Tensor:
    """(rows, outputs) raw, each row from the evaluation that the other half of its fold chose."""
    by_first, by_second = (choice.outputs for choice in choices)
    if by_first is None or by_second is None:
        raise ValueError("a training ends with an evaluation")
    of_second = torch.from_numpy(second)
    outputs = by_first.new_empty((len(second), by_first.shape[1]))
    outputs[of_second], outputs[~of_second] = by_first, by_second
    return outputs


def _score(metric: Metric, targets: Floats, predictions: Floats) -> float | None:
    try:
        return score(metric, targets, predictions).value
    except DataError:  # no rows, or a correlation of targets that are all equal
        return None
