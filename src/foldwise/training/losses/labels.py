"""What losses compare outputs with: targets, the raters' noise, and how much each text counts."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise import settings
from foldwise.errors import DataError


@dataclass(frozen=True, eq=False)
class Labels:
    """What is known about texts, row by row.

    Attributes:
        values: (rows, targets) float32; the class's number in a classification.
        sd: (rows,) float32, the raters' noise in the target's unit; None: nothing is known.
        weights: (rows,) float32, how much each counts, 1 on average; None: all the same.
    """

    values: Tensor
    sd: Tensor | None = None
    weights: Tensor | None = None

    def at(self, rows: Tensor) -> "Labels":
        """The labels of some rows, (rows,) int64, in their order."""
        return Labels(
            self.values[rows],
            None if self.sd is None else self.sd[rows],
            None if self.weights is None else self.weights[rows],
        )

    def to(self, device: torch.device | str) -> "Labels":
        """The same labels on a device."""
        return Labels(
            self.values.to(device),
            None if self.sd is None else self.sd.to(device),
            None if self.weights is None else self.weights.to(device),
        )

    def weighted(self, losses: Tensor) -> Tensor:
        """`losses` (texts,), each multiplied by the weight of its text."""
        return losses if self.weights is None else losses * self.weights


def labels_of(
    targets: NDArray[np.float64],
    target_sd: NDArray[np.float64] | None,
    chosen: settings.Loss,
    learned: NDArray[np.int64] | None = None,
) -> Labels:
    """The labels of all rows, on the CPU.

    Args:
        targets: (rows, targets).
        target_sd: (rows,), the raters' noise, where the competition has it.
        chosen: says how rows are weighted.
        learned: positions of the rows to learn from, whose weights are 1 on average; None: all.

    Raises:
        DataError: rows are to be weighted by the raters' noise, which is not there or always 0.
    """
    weights = None
    if chosen.weights == "target_sd":
        weights = torch.from_numpy(_precisions(target_sd, learned)).float()
    sd = None if target_sd is None else torch.from_numpy(target_sd).float()
    return Labels(torch.from_numpy(targets).float(), sd, weights)


def _precisions(
    target_sd: NDArray[np.float64] | None, learned: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """(rows,) 1 / (sd^2 + mean sd^2), 1 on average over the rows that are learned.

    The mean stands for the noise that no rater's disagreement shows, such as the model's own: a
    row whose raters agree perfectly counts at most twice as much as one with the usual noise.
    """
    if target_sd is None:
        raise DataError(
            "loss.weights='target_sd' needs the raters' noise, and there is none: name its column "
            "as target_sd in competition.toml, or choose loss.weights='none'"
        )
    ours = target_sd if learned is None else target_sd[learned]
    largest = float(ours.max(initial=0.0))
    if largest == 0:
        raise DataError(
            "loss.weights='target_sd' needs raters who disagree, but target_sd is 0 in all rows to "
            "learn from; choose loss.weights='none'"
        )
    usual = np.square(ours / largest).mean()  # in units of the largest, whose square may overflow
    precisions: NDArray[np.float64] = 1 / (np.square(target_sd / largest) + usual)
    normalised: NDArray[np.float64] = (
        precisions / (precisions if learned is None else precisions[learned]).mean()
    )
    return normalised
