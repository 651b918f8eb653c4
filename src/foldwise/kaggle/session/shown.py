"""A training's progress as lines in a notebook: few, since each is kept in its file."""

import threading
import time
from collections.abc import Callable

from foldwise.training.progress import Progress

SECONDS_BETWEEN_LINES = 60.0


class Shown:
    """A report that says a line when a fold's phase begins, each minute, and at a fold's end."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._phases: dict[int, str] = {}
        self._said_at = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, progress: Progress) -> None:
        """Show the progress, if it is time."""
        now = time.monotonic()
        with self._lock:
            changed = self._phases.get(progress.fold) != progress.phase
            if not changed and now - self._said_at < SECONDS_BETWEEN_LINES:
                return
            self._phases[progress.fold], self._said_at = progress.phase, now
        score = "" if progress.score is None else f", best {progress.score:.4f}"
        self._say(f"fold {progress.fold}: {progress.phase} {progress.done}/{progress.total}{score}")
