"""What is measured of a contestant in its own process."""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass

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
        rmse: of the validation rows, where they were predicted.
    """

    seconds: float
    tokenizing: float | None
    steps: int
    taken: int
    tokens: int
    padded_tokens: int
    peak_bytes: int
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
        self._began = self._now()

    def seconds(self) -> float:
        """Seconds since it was made."""
        return self._now() - self._began

    def _now(self) -> float:
        if self._device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def peak_bytes(device: str) -> int:
    """The most memory so far: that torch allocated on the GPU, or of this process."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes on Linux
