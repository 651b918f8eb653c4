"""Wall time and memory of this process."""

import resource
import sys
import time
from pathlib import Path

import torch


class Stopwatch:
    """Wall time, in seconds, with nothing left running on the GPU at either end."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._queued = _seconds_queued()
        self._began = self._now()

    def seconds(self) -> float:
        """Seconds since it was made."""
        return self._now() - self._began

    def waited(self, threads: int) -> float | None:
        """The share of the threads' time that they stood in line for a core since it was made."""
        queued = _seconds_queued()
        if queued is None or self._queued is None:
            return None
        return (queued - self._queued) / (threads * self.seconds())

    def _now(self) -> float:
        if self._device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def _seconds_queued() -> float | None:
    """Seconds that this process's threads were ready to run and did not, if the system tells.

    https://docs.kernel.org/scheduler/sched-stats.html, /proc/<pid>/schedstat
    """
    found = list(Path("/proc/self/task").glob("*/schedstat"))
    return sum(_nanoseconds_queued(path) for path in found) / 1e9 if found else None


def _nanoseconds_queued(path: Path) -> int:
    try:
        return int(path.read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):  # the thread has ended meanwhile
        return 0


def peak_bytes(device: str) -> int:
    """The most memory so far: that torch allocated on the GPU, or of this process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes on Linux
