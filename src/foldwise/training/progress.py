"""How far a fold is, for whoever shows it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Progress:
    """A moment of a fold: `done` of `total` units of the named phase.

    Attributes:
        score: the best validation score so far.
        gpu_peak: bytes of GPU memory that this process has held at most; 0 on a CPU.
        gpu_total: bytes that the GPU has.
    """

    fold: int
    phase: str  # "freeze", "train", "rates", "predict", "fit", "done"
    done: int
    total: int
    score: float | None = None
    gpu_peak: int = 0
    gpu_total: int = 0

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


Report = Callable[[Progress], None]


def ignore(_progress: Progress) -> None:
    """Show nothing."""
