"""Out-of-fold predictions that look in-sample: a fold whose score is out of line.

An "OOF" file that a model predicted for rows it had learned from is worth nothing, and makes every
fitted blend lean on it. It shows where only some of its folds are: their scores are far better than
the others'. The rule compares errors (the score itself where less is better, else its distance from
one) on a logarithmic scale. A member's fold is out of line if its error differs

- from the median of the member's other folds, and
- from that same median after both are divided by what the other members have on the same folds (so
  that a fold that is hard for everyone is nobody's fault)

by more than 15 %, and by more than five standard errors of the rows' sampling. What is honest but
noisy stays inside: see the simulation in this module's test. A member that is in-sample on all of
its folds has none that is out of line, and is not found here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.problem import Problem
from foldwise.errors import DataError

Floats = NDArray[np.float64]
LEAST_RATIO = 0.15  # of errors, as the difference of their logarithms
STANDARD_ERRORS = 5.0
SMALLEST_ERROR = 1e-6  # what counts as perfect


@dataclass(frozen=True)
class Suspicion:
    """A fold that is out of line.

    Attributes:
        score: the member's, on this fold.
        elsewhere: the median of its scores on the other folds.
        others: the median score of the other members on this fold.
    """

    member: str
    fold: int
    score: float
    elsewhere: float
    others: float

    def __str__(self) -> str:
        """The finding and what it may mean."""
        return (
            f"the OOF of {self.member!r} looks in-sample: it scores {self.score:.4f} on fold "
            f"{self.fold} and {self.elsewhere:.4f} (median) on its others, where the other members "
            f"score {self.others:.4f} on fold {self.fold}; either some folds were predicted by "
            f"models that had learned from them, or this fold's model failed; train it again"
        )


def suspicions(problem: Problem, names: Sequence[str]) -> list[Suspicion]:
    """The folds of members `names` that are out of line; none where the metric is undefined."""
    numbers = [int(number) for number in np.unique(problem.folds)]
    if len(numbers) < 2 or len(names) < 2:
        return []
    try:
        scores, sampling = _by_fold(problem, numbers)
    except DataError:  # a correlation on a fold of equal targets: there is nothing to compare
        return []
    errors = 1 - scores if problem.metric.greater_is_better else scores
    errors = np.maximum(errors, SMALLEST_ERROR)
    noise = sampling / errors
    level = np.log(errors)
    found = []
    for i, member in enumerate(names):
        others = np.delete(level, i, axis=0)
        relative = level[i] - np.median(others, axis=0)
        for k, fold in enumerate(numbers):
            off = [row[k] - np.median(np.delete(row, k)) for row in (level[i], relative)]
            around = np.delete(noise[i], k)
            unsure = float(np.hypot(noise[i, k], np.sqrt(np.square(around).mean())))
            limit = max(LEAST_RATIO, STANDARD_ERRORS * unsure)
            if min(off) > limit or max(off) < -limit:
                elsewhere = float(np.median(np.delete(scores[i], k)))
                rest = float(np.median(np.delete(scores[:, k], i)))
                found.append(Suspicion(member, fold, float(scores[i, k]), elsewhere, rest))
    return found


def _by_fold(problem: Problem, numbers: Sequence[int]) -> tuple[Floats, Floats]:
    """(members, folds) scores and their standard errors; unknown: infinite."""
    parts = [problem.at(problem.folds == number) for number in numbers]
    table = [[part.score(part.members[i]) for part in parts] for i in range(len(problem.members))]
    values = np.array([[found.value for found in row] for row in table])
    errors = [
        [np.inf if found.standard_error is None else found.standard_error for found in row]
        for row in table
    ]
    return values, np.array(errors)
