"""Time that several runs share: none begins a fold that is not expected to end within it."""

import time
from collections.abc import Sequence
from dataclasses import replace

from foldwise.training.run import RunRequest


class TimeLeft:
    """What is left of it, and how long a fold took at most.

    Args:
        max_seconds: from now on; None for no limit.
    """

    def __init__(self, max_seconds: float | None) -> None:
        self._ends = None if max_seconds is None else time.monotonic() + max_seconds
        self._longest = 0.0

    def of(self, request: RunRequest) -> RunRequest:
        """The request with what is left; with nothing where a fold would not end in time."""
        if self._ends is None:
            return request
        left = self._ends - time.monotonic()
        return replace(request, max_seconds=left if left > self._longest else 0.0)

    def learn(self, seconds: Sequence[float]) -> None:
        """Take note of how long finished folds took."""
        self._longest = max([self._longest, *seconds])
