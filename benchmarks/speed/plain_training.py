"""A plain script as a contestant, as public notebooks write it: all texts padded to one length."""

from typing import Any, NamedTuple

import torch
from speed.flops import amount_of
from speed.measurement import Training
from speed.ready_made import (
    CountingCollator,
    Example,
    examples_of,
    lengths_of,
    ready_made_model,
    ready_made_tokenizer,
)
from speed.stopwatch import Stopwatch, peak_bytes
from speed.task import Contestant, Task
from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import get_linear_schedule_with_warmup

WARM_UP_STEPS, MEASURED_STEPS = 2, 6  # the first steps allocate memory; all are equally long


class TimedSteps(NamedTuple):
    """How many steps were timed, the seconds of all of them, and the share spent in line."""

    steps: int
    seconds: float
    waited: float | None


def measured(task: Task, contestant: Contestant, seed: int) -> Training:
    """The measurement of a few steps, projected to the whole training: every step is as long.

    One optimizer group a tensor, which is how layer-wise rates are often set.
    """
    torch.set_num_threads(task.threads)
    torch.manual_seed(seed)
    tokenizer = ready_made_tokenizer(task)
    watch = Stopwatch(task.device)
    examples = examples_of(task.train, tokenizer, task.max_length)
    tokenizing = None if task.random else watch.seconds()
    model = ready_made_model(task, contestant).to(task.device).train()
    collator = CountingCollator(tokenizer, task.max_length)
    timed = _timed_steps(task, model, collator, examples)
    amount, memory = amount_of(lengths_of(examples)), peak_bytes(task.device)
    return Training(
        seconds=timed.seconds * task.steps / timed.steps,
        waited=timed.waited,
        amount=amount.times(task.epochs),
        padded_tokens=len(examples) * task.max_length * task.epochs,
        peak_bytes=memory,
        tokenizing=tokenizing,
        steps=task.steps,
        taken=timed.steps,
        rmse=None,
    )


def _timed_steps(
    task: Task, model: torch.nn.Module, collator: CountingCollator, examples: list[Example]
) -> TimedSteps:
    """A few steps on full batches, after some that do not count."""
    groups = [{"params": [p], "weight_decay": task.weight_decay} for p in model.parameters()]
    optimizer = AdamW(groups, lr=task.rate)
    warmup = round(task.warmup * task.steps)
    make: Any = get_linear_schedule_with_warmup  # it has no annotations
    schedule = make(optimizer, warmup, task.steps)
    few: Any = examples[: task.batch_size * (WARM_UP_STEPS + MEASURED_STEPS)]
    loader = DataLoader(few, task.batch_size, shuffle=True, collate_fn=collator, drop_last=True)
    watch, number = Stopwatch(task.device), 0
    for number, batch in enumerate(loader):
        if number == WARM_UP_STEPS:
            watch = Stopwatch(task.device)
        loss = model(**{name: value.to(task.device) for name, value in batch.items()}).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    taken = number + 1 - WARM_UP_STEPS
    if taken < 1:
        raise ValueError(f"the plain script needs more than {WARM_UP_STEPS} full batches")
    return TimedSteps(taken, watch.seconds(), watch.waited(task.threads))
