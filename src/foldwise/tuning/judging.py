"""Row-paired pruning: a trial is dropped as soon as it is worse than the best one beyond noise.

The trial's predictions are compared with the incumbent's on the same rows: the metric's influence
of each row on one score minus that on the other (`foldwise.comparing.paired`). One fold's score has
a noise of the rows that both trials share, and its few numbers can never show what thousands of
rows do: Wilcoxon's signed-rank test on fold scores has smallest p-values of 1/4, 1/8 and 1/16 after
2, 3 and 4 folds, so that at a level of 0.1 it cannot fire before the fourth.

How often. Each comparison gets its part of the level (Bonferroni), so that all together drop a
trial that is as good as the incumbent with at most that chance, however they hang together: half of
the level is spent evenly over the training of the first fold, half over the ends of the folds. That
holds for the rows. Two trials of equal settings but other seeds are not equal here, and the
incumbent is the best of several on these very rows, partly by luck: both make pruning bolder than
its level says, as they make every choice by one score bolder.
"""

from dataclasses import dataclass

from foldwise.comparing.paired import paired_difference
from foldwise.comparing.sides import Side
from foldwise.competition.metrics import Metric
from foldwise.competition.rows import Rows
from foldwise.predictions.table import Predictions

SEED = 0  # of the one pair that is compared


@dataclass(frozen=True)
class Evidence:
    """One comparison of a trial with the incumbent.

    Attributes:
        difference: of the scores, trial minus incumbent; None where nothing could be compared.
        p_value: the chance to look so much worse, where the trial is as good; one-sided.
        level: what this comparison may spend.
    """

    difference: float | None
    p_value: float
    level: float

    @property
    def is_worse(self) -> bool:
        """Whether the trial is worse beyond noise."""
        return self.p_value < self.level


@dataclass(frozen=True)
class Spending:
    """How the level is divided over a trial's comparisons.

    Attributes:
        level: of all of them together.
        folds: of the trial.
    """

    level: float
    folds: int

    def of_look(self, before: float, now: float) -> float:
        """The level of an evaluation of the first fold, at a share `now` of its training.

        Args:
            before: the share at the evaluation before; 0: there was none.
            now: 0 to 1.
        """
        whole = self.level if self.folds == 1 else self.level / 2
        return whole * max(0.0, now - before)

    def of_fold(self) -> float:
        """The level at the end of a fold that is not the last."""
        return self.level / 2 / (self.folds - 1)


def evidence(
    trial: Predictions, incumbent: Predictions, rows: Rows, metric: Metric, level: float
) -> Evidence:
    """How much worse a trial is than the incumbent on `rows`, which both predict.

    Raises:
        DataError: they predict other rows or outputs, or the metric is undefined on them.
    """
    found = paired_difference(
        Side("the trial", {SEED: trial}), Side("the incumbent", {SEED: incumbent}), rows, metric
    )
    if found.p_value is None:
        return Evidence(found.value, 1.0, level)
    worse = found.value < 0 if metric.greater_is_better else found.value > 0
    one_sided = found.p_value / 2 if worse else 1 - found.p_value / 2
    return Evidence(found.value, one_sided, level)
