"""How far a fold is, for whoever shows it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """A moment of a fold: `done` of `total` units of the named phase."""

    fold: int
    phase: str  # "freeze", "train", "rates", "predict", "fit", "done"
    done: int
    total: int
    score: float | None = None  # the best validation score so far

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


Report = Callable[[Progress], None]


def ignore(_progress: Progress) -> None:
    """Show nothing."""
