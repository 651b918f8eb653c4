"""What a blend is fitted on: the members' out-of-fold predictions beside the truth."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import Metric, Score, score

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """Out-of-fold rows in the order of their ids, so that sums do not depend on any file's order.

    Attributes:
        members: (members, rows, outputs); probabilities in a classification.
        targets: (rows, targets); label indices in a classification.
        folds: (rows,) the fold each row is validated in.
        metric: the competition's.
        groups: one a row where rows of a group belong together.
    """

    members: Floats
    targets: Floats
    folds: NDArray[np.int64]
    metric: Metric
    groups: tuple[str, ...] | None = None

    @property
    def is_classification(self) -> bool:
        """Whether outputs are probabilities."""
        return self.metric.task == "classification"

    @property
    def outputs(self) -> int:
        """How many columns a prediction has."""
        return int(self.members.shape[2])

    def wanted(self) -> Floats:
        """(rows, outputs) what a perfect member predicts: the targets, or 1 for the true class."""
        if not self.is_classification:
            return self.targets
        return np.eye(self.outputs)[self.targets[:, 0].astype(np.int64)]

    def at(self, rows: NDArray[np.bool_]) -> "Problem":
        """The same members on some of the rows, (rows,) of them."""
        groups = self.groups
        if groups is not None:
            groups = tuple(groups[i] for i in np.flatnonzero(rows).tolist())
        return replace(
            self,
            members=self.members[:, rows],
            targets=self.targets[rows],
            folds=self.folds[rows],
            groups=groups,
        )

    def of(self, members: list[int]) -> "Problem":
        """The same rows with some of the members, in that order."""
        return replace(self, members=self.members[members])

    def score(self, predictions: Floats) -> Score:
        """The competition's score of (rows, outputs) predictions."""
        return score(self.metric, self.targets, predictions, self.groups)
