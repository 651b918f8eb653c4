"""What a run may score on test rows, whose targets nobody here has seen.

An out-of-fold score is off by the luck of its own n rows, a test score by that of its n' rows. The
two are drawn apart from each other, so that their difference has the variance of the OOF score
times 1 + n/n': the prediction interval of a mean of n' new values, where rows or groups of like
size are drawn from one population. https://doi.org/10.1002/9780470316771, chapter 2
What averaging the folds' models gains is added, and depends on the score itself: a root of squared
errors falls the faster, the less is left of them. The luck of the OOF score is carried over to
first order, the delta method. https://doi.org/10.1017/CBO9780511802256, chapter 3
That 90 % intervals hold 90 % of hidden scores is measured in benchmarks/coverage.md. From a hundred
rows, of which a few err far more than the others, they hold 83 %: such rows are not seen yet.
"""

import math
from dataclasses import dataclass

from foldwise.competition.metrics import Metric
from foldwise.errors import counted

LEVEL = 0.9  # of an expected score's interval
OUTSIDE = "*"  # at a private score that lies outside of it
ROOTS = {"rmse", "mcrmse"}  # of squared errors; with several targets no gain is known
LEAST = {"r2": -math.inf, "pearson": -1.0, "spearman": -1.0, "qwk": -1.0}  # the others' is 0


@dataclass(frozen=True)
class ExpectedScore:
    """A score to expect on test rows, and an interval that holds it nine times in ten.

    Attributes:
        value: the OOF score, moved by the gain where that is known.
        low, high: the ends of the interval, in the metric's unit.
        level: of the interval.
        test_rows: how many rows are to be scored.
        gain: by how much the mean of the folds' models, which predicts test rows, is better than
            the single models behind the OOF score; None where that cannot be told.
    """

    value: float
    low: float
    high: float
    level: float
    test_rows: int
    gain: float | None

    def holds(self, score: float) -> bool:
        """Whether a private score is in the interval."""
        return self.low <= score <= self.high


def outside_remark(outside: int, scores: int) -> str:
    """What the mark means at so many of these private scores."""
    return (
        f"{OUTSIDE}: {outside} of {counted(scores, 'private score')} "
        f"{'lies' if outside == 1 else 'lie'} outside of what was expected; one in "
        f"ten does by the luck of the rows, and runs of one competition mostly together"
    )


@dataclass(frozen=True)
class Known:
    """What the training rows tell about a score, or about a difference of two.

    Attributes:
        value: on the training rows, out of fold.
        standard_error: of the value, by the luck of rows or groups.
        rows: how many there are.
        degrees: of freedom of the standard error: rows, or groups, less one.
    """

    value: float
    standard_error: float
    rows: int
    degrees: float

    def deviation(self, test_rows: int, slope: float = 1.0) -> float:
        """The standard deviation of the value on `test_rows` new rows around what is told of it.

        That moves `slope` times as far as this value does.
        """
        return self.standard_error * math.sqrt(slope**2 + self.rows / test_rows)


def expected_score(
    metric: Metric, known: Known, test_rows: int, gain: float | None = None
) -> ExpectedScore:
    """The score to expect on `test_rows` rows of the same kind.

    Not in it: the choice among looks at a fold, where a run made one, and a test set of another
    kind than the training rows.

    Args:
        metric: how they are scored.
        known: of the out-of-fold score.
        test_rows: at least one.
        gain: see `ExpectedScore`.
    """
    from scipy.special import stdtrit  # not scipy.stats, which takes a second to import

    value = known.value + (gain or 0.0) * (1 if metric.greater_is_better else -1)
    deviation = known.deviation(test_rows, _slope(metric, known, value))
    half = float(stdtrit(known.degrees, (1 + LEVEL) / 2)) * deviation
    low, high = value - half, value + half
    least, most = limits_of(metric)
    return ExpectedScore(value, max(low, least), min(high, most), LEVEL, test_rows, gain)


def _slope(metric: Metric, known: Known, value: float) -> float:
    """How far the score to expect, `value` here, moves with the OOF score that it is told from.

    A root of errors m less a spread a is sqrt(m - a), so that its slope is the ratio of the roots;
    since sqrt(x + d) is at most sqrt(x) + sqrt(d), it moves by sqrt(d) at most where nothing is
    left. A correlation is multiplied, and so is its luck. Other gains do not depend on the score.
    """
    if value == known.value or known.standard_error == 0:
        return 1.0
    if metric.name in ROOTS:
        most = math.sqrt(2 * known.value / known.standard_error)
        return min(known.value / value, most) if value > 0 else most
    return value / known.value if metric.name == "pearson" else 1.0


def limits_of(metric: Metric) -> tuple[float, float]:
    """The least and the greatest score that there can be."""
    if not metric.greater_is_better:
        return 0.0, math.inf
    return LEAST.get(metric.name, 0.0), 1.0


def chance_of_better(metric: Metric, known: Known, test_rows: int) -> float:
    """The chance that the first of two scores better on `test_rows` rows of the same kind.

    It knows nothing but the difference seen: as if all true ones had been as likely before.

    Args:
        metric: how both are scored.
        known: of the first's score minus the second's, on the same rows.
        test_rows: at least one.
    """
    from scipy.special import stdtr

    better = known.value if metric.greater_is_better else -known.value
    deviation = known.deviation(test_rows)
    if deviation == 0:
        return 0.5 if better == 0 else float(better > 0)
    return float(stdtr(known.degrees, better / deviation))
