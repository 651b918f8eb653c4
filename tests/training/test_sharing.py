"""GPUs here are a table of what so many workers at once make of them; time is a number."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from foldwise.training.progress import Progress
from foldwise.training.sharing import GAIN, MOST, JobsPerGpu, Sharing, Trial

GIB = 1 << 30


@dataclass
class Bench:
    """Workers on GPUs that take steps at a given pace, until each fold has taken all of them."""

    pace: Callable[[int], float]  # steps a second of all workers of a GPU together
    sharing: Sharing
    peak: int = GIB
    total: int = 24 * GIB
    busy: dict[int, tuple[int, float]] = field(default_factory=dict)  # slot: fold, steps taken
    at_once: int = 0
    trials: list[Trial] = field(default_factory=list)
    seconds: float = 0.0

    def train(self, folds: int, steps: int = 400) -> None:
        """Train all folds; a slot that is free takes the next one."""
        waiting, free = list(range(folds)), list(self.sharing.open)
        while waiting or self.busy:
            while waiting and free:
                self.busy[free.pop(0)] = (waiting.pop(0), 0.0)
            self.at_once = max(self.at_once, *map(self._on, range(len(self.sharing.gpus))))
            self.seconds += 0.5
            for slot, (fold, before) in list(self.busy.items()):
                count = self._on(slot % len(self.sharing.gpus))
                done = before + 0.5 * self.pace(count) / count
                self.busy[slot] = (fold, done)
                progress = Progress(fold, "train", int(done), steps, None, self.peak, self.total)
                trial, opened = self.sharing.note(slot, progress, self.seconds)
                self.trials += [trial] if trial else []
                free += opened
                if done >= steps:
                    del self.busy[slot]
                    if self.sharing.is_kept(slot, self.seconds):
                        free.append(slot)

    def _on(self, gpu: int) -> int:
        return sum(slot % len(self.sharing.gpus) == gpu for slot in self.busy)


def bench(
    pace: Callable[[int], float], jobs: JobsPerGpu = "auto", gpus: int = 1, peak: int = GIB
) -> Bench:
    return Bench(pace, Sharing(gpus, MOST * gpus, jobs), peak)


def test_workers_are_added_while_they_gain_and_one_less_is_kept_when_they_do_not() -> None:
    table = {1: 5.0, 2: 9.0, 3: 12.0, 4: 12.5, 5: 99.0}
    ran = bench(lambda count: table[count])
    ran.train(12)
    assert [trial.jobs for trial in ran.trials] == [1, 2, 3, 4]
    # a pace is counted in whole steps
    assert [t.pace for t in ran.trials] == pytest.approx([5.0, 9.0, 12.0, 12.5], rel=0.02)
    # 12.5 is no gain over 12: a fifth was never tried, and the fourth place is not taken again
    assert GAIN * 12.0 > 12.5
    assert ran.at_once == 4
    assert ran.sharing.gpus[0].limit == 3


def test_a_large_model_has_its_gpu_to_itself() -> None:
    ran = bench(lambda _count: 5.0)  # busy with one: two are each half as fast
    ran.train(6)
    assert [trial.jobs for trial in ran.trials] == [1, 2]
    assert ran.sharing.gpus[0].limit == 1


def test_memory_is_never_filled_however_much_would_be_gained() -> None:
    ran = bench(lambda count: 5.0 * count, peak=6 * GIB)
    ran.train(12)
    # three of 6 GiB and their contexts are under 85 % of 24 GiB, four are not
    assert ran.at_once == 3
    assert ran.sharing.gpus[0].settled


def test_each_gpu_finds_its_own_number() -> None:
    ran = bench(lambda count: 5.0 * min(count, 2), gpus=2)
    ran.train(24)
    assert [gpu.limit for gpu in ran.sharing.gpus] == [2, 2]


@pytest.mark.parametrize(("jobs", "gpus"), [(1, 1), (1, 2), (3, 1), (2, 2)])
def test_a_given_number_is_neither_tried_nor_changed(jobs: int, gpus: int) -> None:
    ran = Bench(lambda _count: 5.0, Sharing(gpus, jobs * gpus, jobs))
    ran.train(10)
    assert ran.trials == []
    assert ran.at_once == jobs
    assert len(ran.sharing.open) == jobs * gpus


def test_every_fold_is_trained_whatever_is_found_out() -> None:
    for most in range(1, 6):
        table = {count: 5.0 * min(count, most) for count in range(1, MOST + 1)}
        ran = bench(table.__getitem__)
        ran.train(20)  # ends: no slot that somebody waits for is lost
        assert ran.sharing.gpus[0].limit >= 1


def test_what_is_no_step_on_a_gpu_is_no_evidence() -> None:
    sharing = Sharing(1, 4, "auto")
    for now in range(100):
        assert sharing.note(0, Progress(0, "predict", now, 99, None, GIB, GIB), now) == (None, [])
        assert sharing.note(0, Progress(0, "train", now, 99), now) == (None, [])
