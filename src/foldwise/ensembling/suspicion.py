"""Out-of-fold predictions that look in-sample: a fold whose score is out of line.

An "OOF" file that a model predicted for rows it had learned from is worth nothing, and makes every
fitted blend lean on it. It shows where only some of its folds are: their scores are far better than
the others'. The rule compares errors (the score itself where less is better, else its distance from
one). A member's fold is out of line if its error differs, the same way, from both

- the median of its errors on its other folds, and
- what the other members' errors on this fold would make of that median, so that a fold that is hard
  for everyone is nobody's fault,

by more than 15 % and by more than five standard errors of the rows' sampling. What is honest but
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
        is_better: whether it is too good, rather than too bad.
    """

    member: str
    fold: int
    score: float
    elsewhere: float
    others: float
    is_better: bool

    def __str__(self) -> str:
        """The finding and what it may mean."""
        if self.is_better:
            what = f"the OOF of {self.member!r} looks in-sample"
            why = f"a model that had learned from fold {self.fold} may have predicted it"
        else:
            what = f"fold {self.fold} of {self.member!r} is out of line"
            why = "its model failed, or models that had learned from the other folds predicted them"
        return (
            f"{what}: it scores {self.score:.4f} on fold {self.fold} and {self.elsewhere:.4f} "
            f"(median) on its others, where the other members score {self.others:.4f} on fold "
            f"{self.fold}; {why}; train it again"
        )


def suspicions(problem: Problem, names: Sequence[str]) -> list[Suspicion]:
    """The folds of members `names` that are out of line; none where the metric is undefined."""
    numbers = [int(number) for number in np.unique(problem.folds)]
    if len(numbers) < 2 or len(names) < 2:
        return []
    try:
        table = _by_fold(problem, numbers)
        noise = np.array([_noise(problem, i, numbers) for i in range(len(names))])
    except DataError:  # a correlation on a fold of equal targets: there is nothing to compare
        return []
    errors = np.maximum(1 - table if problem.metric.greater_is_better else table, SMALLEST_ERROR)
    found = []
    for i, member in enumerate(names):
        others = np.median(np.delete(errors, i, axis=0), axis=0)
        for k, fold in enumerate(numbers):
            ratio = float(np.median(np.delete(errors[i] / others, k)))
            expected = [float(np.median(np.delete(errors[i], k))), ratio * float(others[k])]
            unsure = float(np.hypot(noise[i, k], np.median(np.delete(noise[i], k))))
            if _is_out_of_line(float(errors[i, k]), expected, unsure):
                elsewhere = float(np.median(np.delete(table[i], k)))
                rest = float(np.median(np.delete(table[:, k], i)))
                score, too_good = float(table[i, k]), bool(errors[i, k] < expected[0])
                found.append(Suspicion(member, fold, score, elsewhere, rest, too_good))
    return found


def _is_out_of_line(error: float, expected: Sequence[float], unsure: float) -> bool:
    far = [
        abs(error - other) > STANDARD_ERRORS * unsure
        and abs(float(np.log(error / other))) > LEAST_RATIO
        for other in expected
    ]
    return all(far) and len({error > other for other in expected}) == 1


def _by_fold(problem: Problem, numbers: Sequence[int]) -> Floats:
    """(members, folds) scores."""
    parts = [problem.at(problem.folds == number) for number in numbers]
    return np.array(
        [[part.score(part.members[i]).value for part in parts] for i in range(len(problem.members))]
    )


def _noise(problem: Problem, member: int, numbers: Sequence[int]) -> Floats:
    """(folds,) the standard errors of a member's scores, from all rows.

    From all, since the few rows of a small fold may all be right and seem to have no noise.
    """
    error = problem.score(problem.members[member]).standard_error
    sizes = np.array([(problem.folds == number).sum() for number in numbers])
    whole = np.inf if error is None else error
    return np.asarray(whole * np.sqrt(len(problem.folds) / sizes))
