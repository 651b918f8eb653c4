"""What is measured of a contestant in its own process."""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class Measurement:
    """One training of one contestant.

    Attributes:
        seconds: of wall time in training only; projected to all steps where fewer were taken.
        tokenizing: seconds for the training rows; None where ids were given.
        steps: of the whole training.
        taken: steps really taken.
        tokens: real tokens of the whole training, without padding.
        padded_tokens: the same with padding.
        peak_bytes: of this process, or of the GPU's memory.
        waited: share of its threads' time in which they were ready but other programs had the
            cores; None where the system does not tell.
        rmse: of the validation rows, where they were predicted.
    """

    seconds: float
    tokenizing: float | None
    steps: int
    taken: int
    tokens: int
    padded_tokens: int
    peak_bytes: int
    waited: float | None
    rmse: float | None

    def to_json(self) -> str:
        """Its fields on one line."""
        return json.dumps(asdict(self))


def measurement_from(text: str) -> Measurement:
    """The measurement that `Measurement.to_json` wrote."""
    return Measurement(**json.loads(text))


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
    paths = list(Path("/proc/self/task").glob("*/schedstat"))
    return sum(int(path.read_text().split()[1]) for path in paths) / 1e9 if paths else None


def peak_bytes(device: str) -> int:
    """The most memory so far: that torch allocated on the GPU, or of this process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes on Linux
