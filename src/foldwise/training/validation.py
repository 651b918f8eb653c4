"""A fold's validation rows: what an evaluation of them is worth, and which one they choose."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from foldwise.competition.metrics import metric_named, score
from foldwise.errors import DataError, FoldFailed
from foldwise.folds.halves import second_half
from foldwise.predictions.table import Predictions
from foldwise.training.choice import consider, cross_fitted
from foldwise.training.collapse import Collapsed, has_collapsed, prediction_spread
from foldwise.training.corpus import Corpus
from foldwise.training.fold_state import FoldState


class ValidationRows:
    """The rows that a fold's model never learns from, in the corpus's order.

    Attributes:
        positions: (rows,) in the corpus.
        targets: (rows, targets).
        metric: the competition's.
    """

    def __init__(self, corpus: Corpus, fold: int) -> None:
        competition = corpus.loaded.competition
        self.positions = corpus.validation_positions(fold)
        self.targets = corpus.targets()[self.positions]
        self.metric = metric_named(competition.metric, competition.task)
        self._task = competition.task
        rows = corpus.loaded.train.take(self.positions)
        self._second = second_half(rows.ids, rows.groups)
        self._ids, self._outputs = rows.ids, corpus.loaded.outputs

    def table(self, predictions: NDArray[np.float64]) -> Predictions:
        """(rows, outputs) predictions with the rows' ids."""
        return Predictions(self._ids, self._outputs, predictions)

    def check_alive(self, predictions: NDArray[np.float64], step: int, since: int) -> None:
        """Check that different texts are predicted differently.

        Args:
            predictions: (rows, outputs).
            step: after which they were made.
            since: `training.collapse_steps`.

        Raises:
            Collapsed: they are not.
        """
        spread = prediction_spread(self._task, predictions, self.targets)
        if has_collapsed(spread, step, since):
            raise Collapsed(step, spread)

    def score(self, predictions: NDArray[np.float64], step: int) -> float:
        """The score of (rows, outputs) predictions made after a step.

        Raises:
            FoldFailed: they have none: they are not finite, or all equal.
        """
        try:
            return score(self.metric, self.targets, predictions).value
        except DataError as error:
            raise FoldFailed(
                f"the predictions after step {step} have no {self.metric.name}: {error}; lower "
                f"rates.top and rates.head"
            ) from error

    def choose(
        self,
        state: FoldState,
        predictions: NDArray[np.float64],
        outputs: Tensor,
        patience: int = 0,
    ) -> None:
        """Let each half of the rows look at an evaluation; what they choose is in the state.

        Args:
            state: of the fold, after the evaluation.
            predictions: (rows, outputs), as scored.
            outputs: (rows, outputs), raw.
            patience: `training.patience`.
        """
        consider(
            state.choices,
            self._second,
            self.metric,
            self.targets,
            predictions,
            outputs,
            state.step,
            patience,
        )

    def honest_outputs(self, state: FoldState) -> Tensor:
        """(rows, outputs) raw, each row from the evaluation that the other half chose."""
        return cross_fitted(state.choices, self._second)
