"""How long the cases that are left will take, judged by those that are done."""

import time
from collections.abc import Callable, Sequence

ROWS_OF_A_START = 500  # starting a kernel and reading weights takes as long as so many rows


class TimeLeft:
    """Counts a case as the rows it predicts and a start.

    Args:
        rows: of each case.
        now: seconds of a clock that never goes back.
    """

    def __init__(self, rows: Sequence[int], now: Callable[[], float] = time.monotonic) -> None:
        self._work = [ROWS_OF_A_START + count for count in rows]
        self._now, self._began, self._done = now, now(), 0
        self._ended_at = self._began

    def ended(self, case: int) -> None:
        """Note that the case number `case`, from 0, has ended, as those before it."""
        self._done, self._ended_at = case + 1, self._now()

    def seconds(self) -> float | None:
        """Seconds until the last case ends; None before the first one has."""
        done = sum(self._work[: self._done])
        if not done:
            return None
        rate = (self._ended_at - self._began) / done
        left = rate * sum(self._work[self._done :]) - (self._now() - self._ended_at)
        return max(0.0, left)
