"""Differences in words: whether one is more than noise, also where it is the best of many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from foldwise.comparing.paired import LEVEL, Difference

Verdict = Literal[
    "better", "perhaps better", "within noise", "perhaps worse", "worse", "no difference", "unknown"
]
MEANING = {  # by the words that it is the meaning of
    ("better", "worse"): "more than noise, even as one of all these variants",
    (
        "perhaps better",
        "perhaps worse",
    ): "more than noise if it were the only variant, but not as one of so many",
    ("within noise",): "the 95 % interval holds zero",
    ("no difference",): "the same score on every row",
    ("unknown",): "the rows tell nothing about the noise",
}
ONE_SEED = (  # instead, where "perhaps" is of one seed
    "more than the noise of the rows if it were the only variant, but of one seed, which compares "
    "two trained models and not two settings: another seed may tell otherwise (--seeds 0,1,2)"
)


def verdicts(differences: Sequence[Difference], *, greater_is_better: bool) -> list[Verdict]:
    """What each difference says, one of several that were looked at together.

    Of twenty variants that change nothing, one lies outside its 95 % interval. So "better" and
    "worse" hold for all at once, after Holm (1979), https://www.jstor.org/stable/4615733, and
    "perhaps" marks what only its own interval tells from zero.

    With one seed all is "perhaps": the rows tell that one trained model is better than the other,
    and nothing tells how much of it another seed would change.
    """
    # equal predictions are no test that could have come out by chance
    adjusted = _holm([None if d.is_none else d.p_value for d in differences])
    return [
        _verdict(difference, after, greater_is_better=greater_is_better)
        for difference, after in zip(differences, adjusted, strict=True)
    ]


def _verdict(difference: Difference, adjusted: float | None, *, greater_is_better: bool) -> Verdict:
    if difference.is_none:
        return "no difference"
    if adjusted is None or difference.p_value is None:
        return "unknown"
    if difference.p_value >= 1 - LEVEL:
        return "within noise"
    is_better = (difference.value > 0) == greater_is_better
    if adjusted >= 1 - LEVEL or difference.of_seeds is None:
        return "perhaps better" if is_better else "perhaps worse"
    return "better" if is_better else "worse"


def _holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Each p-value after Holm's correction for how many there are; None stays None."""
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    so_far = 0.0
    for rank, (p, i) in enumerate(known):
        so_far = max(so_far, min(1.0, p * (len(known) - rank)))
        adjusted[i] = so_far
    return adjusted


def meanings(judged: Sequence[tuple[Verdict | None, Difference]]) -> list[str]:
    """What the verdicts' words mean: "within noise: the 95 % interval holds zero", say.

    Args:
        judged: verdicts, each with the difference that it is the verdict of.
    """
    several: set[str] = {word or "" for word, d in judged if not _is_perhaps_of_one(word, d)}
    single: set[str] = {word or "" for word, d in judged if _is_perhaps_of_one(word, d)}
    told = [f"{', '.join(words)}: {what}" for words, what in MEANING.items() if several & {*words}]
    if single:
        words = next(words for words in MEANING if single & {*words})
        told.append(f"{', '.join(words)}{' (one seed)' if several & {*words} else ''}: {ONE_SEED}")
    return told


def _is_perhaps_of_one(verdict: Verdict | None, difference: Difference) -> bool:
    return verdict in ("perhaps better", "perhaps worse") and difference.of_seeds is None


@dataclass(frozen=True)
class Visible:
    """The size from which a difference would have been more than noise, in the metric's unit.

    It is half of a 95 % interval, and differs from variant to variant: the more a variant's
    predictions are like the base's, the smaller the difference that can be seen.
    """

    least: float
    median: float
    most: float


def visible_from(differences: Sequence[Difference]) -> Visible | None:
    """The smallest visible difference over all of them; None where no noise is known."""
    halves = [
        (difference.high - difference.low) / 2
        for difference in differences
        if difference.high is not None and difference.low is not None
    ]
    visible = [half for half in halves if half > 0 and math.isfinite(half)]
    return Visible(min(visible), median(visible), max(visible)) if visible else None
