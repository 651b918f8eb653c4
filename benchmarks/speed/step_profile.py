"""Where the time of Foldwise's optimizer steps goes, by kind of operation.

https://docs.pytorch.org/docs/stable/profiler.html
"""

from collections import defaultdict
from itertools import islice

import torch
from speed.flops import amount_of
from speed.foldwise_parts import (
    labels_of,
    learner_of,
    model_of,
    settings_of,
    step_batches,
    tokenizer_of,
    tokens_of,
)
from speed.measurement import Profile
from speed.op_kinds import kind_of
from speed.stopwatch import Stopwatch, peak_bytes
from speed.task import Contestant, Task
from torch.autograd.profiler_util import EventList
from torch.profiler import ProfilerActivity, profile

from foldwise.training.hardware import prepare_process
from foldwise.training.loop import take_step

WARM_UP, MOST_STEPS = 3, 20


def measured(task: Task, contestant: Contestant, seed: int) -> Profile:
    """The profile of a few steps, after some that do not count."""
    chosen = settings_of(task, contestant, seed)
    prepare_process(chosen.hardware)
    tokens = tokens_of(task.train, tokenizer_of(task))
    learner, labels = learner_of(task, chosen, model_of(task, chosen), tokens), labels_of(task)
    cells: list[int] = []
    steps = list(islice(step_batches(task, tokens, seed, cells.append), WARM_UP + MOST_STEPS))
    if len(steps) <= WARM_UP:
        raise ValueError(f"a profile needs more than {WARM_UP} steps")
    for number, batches in enumerate(steps[:WARM_UP], start=1):
        take_step(learner, batches, labels, number)
    activities = [ProfilerActivity.CPU]
    if task.device == "cuda":
        activities.append(ProfilerActivity.CUDA)
    with profile(activities=activities) as profiler:
        watch = Stopwatch(task.device)
        for number, batches in enumerate(steps[WARM_UP:], start=WARM_UP + 1):
            take_step(learner, batches, labels, number)
        seconds, waited = watch.seconds(), watch.waited(task.threads)
    rows = torch.cat([batch.rows for batches in steps[WARM_UP:] for batch in batches])
    return Profile(
        seconds=seconds,
        waited=waited,
        amount=amount_of(tokens.lengths[rows.cpu().numpy()]),
        padded_tokens=sum(cells[WARM_UP:]),
        peak_bytes=peak_bytes(task.device),
        steps=len(steps) - WARM_UP,
        kinds=_seconds_by_kind(profiler.key_averages(), on_gpu=task.device == "cuda"),
    )


def _seconds_by_kind(events: EventList, *, on_gpu: bool) -> dict[str, float]:
    """Seconds that operations took themselves, without those they called.

    On a GPU kernels are listed a second time, under their own names: only the operations that
    began them are counted, with the kernels' time.
    """
    seconds: defaultdict[str, float] = defaultdict(float)
    for event in events:
        if event.device_type.name == "CPU":
            own = event.self_device_time_total if on_gpu else event.self_cpu_time_total
            seconds[kind_of(event.key)] += own / 1e6
    return dict(seconds)
