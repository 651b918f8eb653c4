"""Rates of several trials over the layer groups."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RateCurves:
    """Peak rates.

    Attributes:
        groups: names, bottom up.
        rates: of each group in that order, by the trial's number, the best trial first.
    """

    groups: list[str]
    rates: dict[int, list[float]]
