"""Scores of a growing blend with one more member, fast enough to try all members at every step.

Every metric can be scored from scratch. Where it is a function of something smaller, only that is
kept up to date: sums of products for squared errors and correlations, the rows that one more member
could still turn, the probability of the true class.

Numbers here guide a search: sums of label probabilities are in single precision, and what is
reported is scored anew, in double precision, by the competition's metric.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import Metric
from foldwise.ensembling.confusion import BY_METRIC
from foldwise.ensembling.methods.accuracy_scoring import AccuracyScoring
from foldwise.ensembling.methods.label_scoring import LabelScoring
from foldwise.ensembling.methods.product_scoring import CORRELATIONS, SQUARES, ProductScoring
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.spaces import logarithms, softmax

Floats = NDArray[np.float64]


class Growing(Protocol):
    """A blend that members are added to."""

    def with_each(self, members: list[int]) -> Floats:
        """(members,) the gain if each were added: the score, negated where less is better."""

    def add(self, member: int) -> None:
        """Add a member, once more where it is in already."""


class Scoring(Protocol):
    """The rows and the metric that blends are scored on."""

    members: int

    def begin(self) -> Growing:
        """A blend without members; those that have begun do not know of each other."""


def scoring_of(problem: Problem, *, in_logits: bool) -> Scoring:
    """The fastest scoring of the problem's metric."""
    name = problem.metric.name
    if name in SQUARES or name in CORRELATIONS:
        return ProductScoring(problem.members, problem.targets, name)
    if name in BY_METRIC:
        values = logarithms(problem.members) if in_logits else problem.members
        truth = problem.targets[:, 0].astype(np.int64)
        if name == "accuracy":
            return AccuracyScoring(values, truth)
        return LabelScoring(values, truth, name)
    if name == "log_loss" and not in_logits:
        return TrueClassScoring(problem)
    return WholeScoring(problem, in_logits=in_logits)


class TrueClassScoring:
    """Log loss, which reads nothing but the probability of the true class."""

    def __init__(self, problem: Problem) -> None:
        labels = problem.targets[:, 0].astype(np.int64)
        self.members = len(problem.members)
        self.right = problem.members[:, np.arange(len(labels)), labels]  # (members, rows)

    def begin(self) -> "_GrowingTrueClass":
        """A blend without members."""
        return _GrowingTrueClass(self.right)


class _GrowingTrueClass:
    def __init__(self, right: Floats) -> None:
        self._right = right
        self._sum = np.zeros(right.shape[1])
        self._count = 0

    def with_each(self, members: list[int]) -> Floats:
        least = np.finfo(np.float64).eps
        means = ((self._sum + self._right[i]) / (self._count + 1) for i in members)
        return np.array([float(np.log(np.maximum(mean, least)).mean()) for mean in means])

    def add(self, member: int) -> None:
        self._sum = self._sum + self._right[member]
        self._count += 1


class WholeScoring:
    """Any metric, from scratch: slow where it sorts, such as AUC."""

    def __init__(self, problem: Problem, *, in_logits: bool) -> None:
        self.members = len(problem.members)
        self.values = logarithms(problem.members) if in_logits else problem.members
        self.targets, self.metric, self.in_logits = problem.targets, problem.metric, in_logits

    def begin(self) -> "_GrowingWhole":
        """A blend without members."""
        return _GrowingWhole(self.values, self.targets, self.metric, in_logits=self.in_logits)


class _GrowingWhole:
    def __init__(self, values: Floats, targets: Floats, metric: Metric, *, in_logits: bool) -> None:
        self._values, self._targets, self._metric = values, targets, metric
        self._in_logits = in_logits
        self._sum = np.zeros(values.shape[1:])
        self._count = 0

    def with_each(self, members: list[int]) -> Floats:
        return np.array(
            [self._gain((self._sum + self._values[i]) / (self._count + 1)) for i in members]
        )

    def _gain(self, mean: Floats) -> float:
        value = self._metric.function(self._targets, softmax(mean) if self._in_logits else mean)
        return value if self._metric.greater_is_better else -value

    def add(self, member: int) -> None:
        self._sum = self._sum + self._values[member]
        self._count += 1
