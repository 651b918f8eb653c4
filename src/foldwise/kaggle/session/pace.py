"""How fast a training is, and how many sessions like this one are left."""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from foldwise.training.progress import Progress

STEPS = "train"  # the phase of a fold that is counted in optimizer steps


@dataclass
class _Fold:
    """What was seen of one fold in this session: its first and its last moment."""

    began: float
    first: int
    now: float
    done: int
    total: int


@dataclass
class Pace:
    """Watches the folds of one run; a report of `foldwise.training`, called by its threads."""

    folds: dict[int, _Fold] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        """Take note of a moment of a fold."""
        now = time.monotonic()
        with self._lock:
            if progress.phase == "done":
                self.finished.add(progress.fold)
            if progress.phase != STEPS:
                return
            seen = self.folds.setdefault(
                progress.fold, _Fold(now, progress.done, now, progress.done, progress.total)
            )
            seen.now, seen.done, seen.total = now, progress.done, progress.total

    def seconds_per_step(self) -> float | None:
        """By each process, evaluations among the steps; None where no two moments were seen."""
        steps = sum(fold.done - fold.first for fold in self.folds.values())
        seconds = sum(fold.now - fold.began for fold in self.folds.values())
        return seconds / steps if steps > 0 else None

    def steps_left(self, missing: Mapping[int, object] | set[int]) -> int:
        """The steps to do in the folds `missing`; one that was never seen is as long as the others.

        Of one that was begun in an earlier session and not seen in this one, all steps count.
        """
        longest = max((fold.total for fold in self.folds.values()), default=0)
        seen = {k: fold.total - fold.done for k, fold in self.folds.items()}
        return sum(seen.get(fold, longest) for fold in missing)


def sessions_left(
    steps: int, seconds_per_step: float | None, session_seconds: float, processes: int
) -> int | None:
    """How many sessions so many steps take; None where the pace is unknown, 0 for no steps.

    Args:
        steps: of all folds and seeds that have not finished.
        seconds_per_step: of one process.
        session_seconds: that a session trains.
        processes: that train side by side.
    """
    if steps == 0:
        return 0
    if seconds_per_step is None or session_seconds <= 0:
        return None
    return math.ceil(steps * seconds_per_step / (session_seconds * processes))
