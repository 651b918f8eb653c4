"""Parallel coordinates: an axis a range, a line a trial."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from foldwise.tuning.result import TuningResult
from foldwise.tuning.trials import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEST, WORST = (0.0, 0.18, 0.36), (0.80, 0.88, 0.94)  # dark to pale blue: told apart without hue
FACTOR = 20.0  # values further apart are spread by their logarithm, where a range says nothing
NOT_READ = -0.12  # where a trial stands on an axis of a range that it does not read


class Axis(NamedTuple):
    """One range, from the least value tried to the greatest; or its choices, evenly."""

    name: str
    choices: list[str]  # empty where values are numbers
    low: float
    high: float
    log: bool

    @property
    def label(self) -> str:
        """Its name, and whether it is logarithmic."""
        return f"{self.name} (log)" if self.log else self.name

    def height(self, value: Any) -> float:
        """Where a value stands, 0 to 1."""
        if value == "":
            return NOT_READ
        if self.choices:
            return self.choices.index(str(value)) / max(1, len(self.choices) - 1)
        if self.low == self.high:
            return 0.5
        scale = math.log if self.log else float
        low, high = scale(self.low), scale(self.high)
        return (scale(float(value)) - low) / (high - low)


def axes_of(result: TuningResult) -> list[Axis]:
    """The axes of the ranges, from the values of all finished trials."""
    shown = [result.values_shown(trial) for trial in result.ranked()]
    logs = result.log_ranges
    return [
        axis_of(name, [values[name] for values in shown], None if logs is None else name in logs)
        for name in result.ranges
    ]


def axis_of(name: str, values: list[Any], log: bool | None = None) -> Axis:
    """The axis of one range.

    Args:
        name: of the range.
        values: all that were tried; blank where it is not read.
        log: whether it is searched by its logarithm; None: as the values are spread.
    """
    read = [value for value in values if value != ""]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in read):
        return Axis(name, sorted({str(value) for value in read}), 0.0, 1.0, log=False)
    low, high = min(read, default=0.0), max(read, default=0.0)
    if log is None:
        log = low > 0 and high / low > FACTOR
    return Axis(name, [], low, high, log=log and low > 0)  # low is 0 where no trial reads it


def draw_parallel(axes: "Axes", result: TuningResult) -> None:
    """Draw all finished trials, the best last and darkest."""
    trials = result.ranked()
    own = axes_of(result)
    for rank, trial in reversed(list(enumerate(trials))):
        share = rank / max(1, len(trials) - 1)
        colour = tuple(b + (w - b) * share for b, w in zip(BEST, WORST, strict=True))
        heights = [axis.height(result.values_shown(trial)[axis.name]) for axis in own]
        axes.plot(range(len(own)), heights, color=colour, linewidth=2.6 if rank == 0 else 1.1)
    for at, axis in enumerate(own):
        axes.axvline(at, color="black", linewidth=0.8)
        for height, label in _marks(axis):
            axes.text(at + 0.02, height, label, fontsize=8, va="center", bbox=_paper())
    if any(result.values_shown(t)[name] == "" for t in trials for name in result.ranges):
        axes.text(-0.03, NOT_READ, "not read", fontsize=8, ha="right", va="center")
    axes.set_xticks(range(len(own)), labels=[axis.label for axis in own])
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title(_title(trials), loc="left", fontsize=11)


def _marks(axis: Axis) -> list[tuple[float, str]]:
    if axis.choices:
        return [(axis.height(choice), choice) for choice in axis.choices]
    scale = math.sqrt(axis.low * axis.high) if axis.log else (axis.low + axis.high) / 2
    return [(axis.height(value), f"{value:.3g}") for value in (axis.low, scale, axis.high)]


def _paper() -> dict[str, Any]:
    return {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0}


def _title(trials: list[Trial]) -> str:
    return (
        f"{len(trials)} finished trials: dark is best ({trials[0].outcome.score:.4f}), pale is "
        f"worst ({trials[-1].outcome.score:.4f})"
    )
