"""A time budget: no fold is begun that is not expected to end within it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class TimeBudget:
    """Seconds from now, None for no limit; a fold has been seen to take `longest` seconds.

    Shared by the threads that watch workers.
    """

    def __init__(self, seconds: float | None, longest: float = 0.0) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._longest = longest
        self._lock = threading.Lock()

    def allows_another(self) -> bool:
        """Whether a fold begun now ends in time, if it takes as long as the longest so far."""
        if self._ends is None:
            return True
        with self._lock:
            return time.monotonic() + self._longest < self._ends

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Measures one fold."""
        began = time.monotonic()
        yield
        with self._lock:
            self._longest = max(self._longest, time.monotonic() - began)
