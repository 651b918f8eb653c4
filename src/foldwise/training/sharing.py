"""Several small models on one GPU at once: how many is found by trying, never by guessing.

A small model leaves most of a large GPU idle, since it computes for less time than it takes to tell
the GPU what to compute. Workers are processes of their own, so that sharing changes no result.
"""

from dataclasses import dataclass, field
from typing import Literal

from foldwise.training.progress import Progress

GAIN = 1.1  # all workers of a GPU together must be so much faster with one more
FILLED = 0.85  # of a GPU's memory at most: one that ran out would halve its micro-batches
CONTEXT_BYTES = 600 << 20  # that each process takes of a GPU, besides its tensors
WATCHED_SECONDS = 20.0  # before a pace is believed
WATCHED_STEPS = 20  # of each worker
MOST = 8  # workers of a GPU

JobsPerGpu = Literal["auto"] | int


@dataclass
class Watched:
    """A worker in its training: its fold, and what it had done when its pace began to count."""

    fold: int
    begun: float = 0.0
    first: int = 0
    latest: float = 0.0
    done: int = 0

    def pace(self) -> float | None:
        """Steps a second; None: too little was seen."""
        seconds, steps = self.latest - self.begun, self.done - self.first
        return steps / seconds if seconds >= WATCHED_SECONDS and steps >= WATCHED_STEPS else None


@dataclass(frozen=True)
class Trial:
    """What so many workers at once made of a GPU: steps a second together."""

    jobs: int
    pace: float
    peak_bytes: int


@dataclass
class Gpu:
    """One GPU's workers, and how many there may be.

    Attributes:
        limit: workers at once.
        settled: whether the limit is found.
        trials: what was seen, in order.
    """

    limit: int = 1
    settled: bool = False
    workers: dict[int, Watched] = field(default_factory=dict)  # by slot
    trials: list[Trial] = field(default_factory=list)
    peak_bytes: int = 0

    def note(self, slot: int, progress: Progress, now: float) -> None:
        """Take in a moment of a worker's training."""
        self.peak_bytes = max(self.peak_bytes, progress.gpu_peak)
        seen = self.workers.get(slot)
        if seen is None or seen.fold != progress.fold:
            self.workers[slot] = Watched(progress.fold, now, progress.done, now, progress.done)
            self._watch_anew(now)
        else:
            seen.latest, seen.done = now, progress.done

    def ended(self, slot: int, now: float) -> None:
        """A worker has ended: the others are faster now."""
        self.workers.pop(slot, None)
        self._watch_anew(now)

    def decide(self, total_bytes: int) -> Trial | None:
        """What so many workers made of the GPU, once that is known; the limit follows from it."""
        if self.settled or len(self.workers) != self.limit:
            return None
        paces = [seen.pace() for seen in self.workers.values()]
        known = [pace for pace in paces if pace is not None]
        if len(known) < len(paces):
            return None
        trial = Trial(self.limit, sum(known), self.peak_bytes)
        gains = not self.trials or trial.pace >= GAIN * self.trials[-1].pace
        fits = (self.limit + 1) * (self.peak_bytes + CONTEXT_BYTES) <= FILLED * total_bytes
        self.trials.append(trial)
        if not gains:
            self.limit -= 1
        self.settled = not (gains and fits and self.limit < MOST)
        if not self.settled:
            self.limit += 1
        return trial

    def _watch_anew(self, now: float) -> None:
        """Let every pace begin here: it was that of fewer, or more, at once."""
        for seen in self.workers.values():
            seen.begun, seen.first = max(now, seen.latest), seen.done


class Sharing:
    """Which slots workers may take: slot s is on GPU s modulo the number of GPUs.

    Args:
        gpus: how many there are.
        count: of all slots.
        jobs: of each GPU at once; "auto": one more while memory and pace allow it.
    """

    def __init__(self, gpus: int, count: int, jobs: JobsPerGpu) -> None:
        limit = 1 if jobs == "auto" else jobs
        self.gpus = [Gpu(limit, settled=jobs != "auto") for _ in range(gpus)]
        self._closed = [slot for slot in range(count) if slot // gpus >= self.of(slot).limit]
        self.open = [slot for slot in range(count) if slot not in self._closed]

    def of(self, slot: int) -> Gpu:
        """The GPU of a slot."""
        return self.gpus[slot % len(self.gpus)]

    def note(self, slot: int, progress: Progress, now: float) -> tuple[Trial | None, list[int]]:
        """What was found out just now, and the slots that may be taken from now on."""
        gpu = self.of(slot)
        if progress.phase != "train" or not progress.gpu_total:
            return None, []
        gpu.note(slot, progress, now)
        before = gpu.limit
        trial = gpu.decide(progress.gpu_total)
        if trial is None or gpu.limit <= before:
            return trial, []
        opened = [other for other in self._closed if self.of(other) is gpu][:1]
        self._closed = [other for other in self._closed if other not in opened]
        return trial, opened

    def is_kept(self, slot: int, now: float) -> bool:
        """Whether the slot of a worker that has ended may be taken again."""
        gpu = self.of(slot)
        gpu.ended(slot, now)
        others = len(gpu.workers)
        return others < gpu.limit
