"""What a range test says about the rates: where its loss falls most steeply, and where it is least.

Both suggestions are fastai's: https://docs.fast.ai/callback.schedule.html#learner.lr_find
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from foldwise.settings import Rates, Settings
from foldwise.training.range_test import BETA, RangeTest

UNSETTLED = 0.1  # share of the steps at first, whose smoothed losses are means of few batches
LEAST = 3  # points that a slope needs
HIGHEST_RATE = 1.0  # that the settings take

Name = Literal["steepest", "minimum / 10"]


@dataclass(frozen=True)
class Found:
    """The suggestions: rates of the reference group, to two digits; None: there is none.

    Attributes:
        steepest: where the smoothed loss falls most, over the logarithm of the rate.
        minimum: a tenth of the rate where it is least.
        notes: why one is not there, or is not to be trusted, and what to do.
    """

    steepest: float | None
    minimum: float | None
    notes: tuple[str, ...] = ()

    def by_name(self) -> dict[Name, float]:
        """Those that are there."""
        both: dict[Name, float | None] = {"steepest": self.steepest, "minimum / 10": self.minimum}
        return {name: rate for name, rate in both.items() if rate is not None}


def suggested_rates(test: RangeTest, steps: int) -> Found:
    """The suggestions of a range test that was to take so many steps."""
    first = int(steps * UNSETTLED)
    rates, smoothed = np.array(test.rates[first:]), np.array(test.smoothed[first:])
    if len(rates) < LEAST:
        return Found(
            None, None, (f"the loss diverged within {len(test.rates)} steps: lower --lowest",)
        )
    least = int(smoothed.argmin())
    if least == 0:
        return Found(None, None, ("the loss never fell: lower --lowest, or take more --steps",))
    notes = []
    if least == len(rates) - 1 and test.end == "highest":
        notes.append("the loss still fell at the highest rate: raise --highest")
    if _may_be_chance(test, first, first + least):
        notes.append(
            "the loss fell by no more than batches differ by chance: take more --steps, or a "
            "larger training.batch_size"
        )
    slope = np.gradient(smoothed, np.log(rates))
    return Found(_rounded(rates[slope.argmin()]), _rounded(rates[least] / 10), tuple(notes))


def _may_be_chance(test: RangeTest, first: int, least: int) -> bool:
    """Whether the fall to step `least`, from the highest since `first`, is within two errors."""
    highest = max(range(first, least), key=lambda i: test.smoothed[i])
    # differences of neighbours, so that the fall itself does not count as noise
    spread = np.diff(test.levelled[: least + 1]).std() / np.sqrt(2)
    error = spread * np.hypot(_share_of_spread(highest), _share_of_spread(least))
    return bool(test.smoothed[highest] - test.smoothed[least] < 2 * error)


def _share_of_spread(step: int) -> float:
    """The standard error of the smoothed loss at `step`, from 0, in the losses' spread."""
    weights = BETA ** np.arange(step + 1)
    return float(np.sqrt((weights**2).sum()) / weights.sum())


def _rounded(rate: float) -> float:
    return float(f"{rate:.2g}")


def scaled_rates(rates: Rates, factor: float) -> Rates:
    """`rates` times `factor`: every layer group's, whatever the shape.

    Six digits of each are kept, so that they can be read and pasted.
    """

    def times(rate: float | Literal["auto"]) -> float | Literal["auto"]:
        return rate if rate == "auto" else float(f"{rate * factor:.6g}")

    changed = {key: times(getattr(rates, key)) for key in ("head", "top", "embeddings", "pooling")}
    groups = {name: times(rate) for name, rate in rates.groups.items()}
    return rates.model_copy(update={**changed, "groups": groups})


def too_high(scaled: Rates) -> bool:
    """Whether a rate is above 1, which the settings refuse."""
    own = [scaled.head, scaled.top, scaled.embeddings, scaled.pooling, *scaled.groups.values()]
    return any(rate != "auto" and rate > HIGHEST_RATE for rate in own)


def overrides_of(chosen: Settings, stage: int, scaled: Rates) -> tuple[str, ...]:
    """`key=value` for each rate of `stage` that is read, so that it has those of `scaled`."""
    values: dict[str, object] = {"top": scaled.top}
    if scaled.shape != "slice":  # which runs from `top` over all groups
        values["head"] = scaled.head
        values |= {
            key: value
            for key in ("embeddings", "pooling")
            if (value := getattr(scaled, key)) not in ("auto", 0)
        }
    words = [f"{_section(chosen, stage, key)}.{key}={value}" for key, value in values.items()]
    section = _section(chosen, stage, "groups")
    words += [f"{section}.groups.{name}={rate}" for name, rate in scaled.groups.items()]
    return tuple(words)


def _section(chosen: Settings, stage: int, key: str) -> str:
    """The table that decides a rate of `stage`; of a stage's own ones, where others share [rates].

    A value in [rates] that no stage took over any more would be refused.
    """
    if not chosen.stages:
        return "rates"
    base = getattr(chosen.rates, key)
    heirs = [i for i, s in enumerate(chosen.stages) if getattr(s.rates, key) == base]
    alone = heirs == [stage] and base != getattr(Rates(), key)
    return "rates" if alone else f"stages.{stage}.rates"
