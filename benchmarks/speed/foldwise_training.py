"""Foldwise as a contestant in training: its own loop, batches, layer groups and optimizer."""

import numpy as np
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
from speed.measurement import Training
from speed.stopwatch import Stopwatch, peak_bytes
from speed.task import Contestant, Task

from foldwise import settings
from foldwise.modeling.model import TextModel
from foldwise.tokenization.tokens import Tokens
from foldwise.training.forward import Forward
from foldwise.training.hardware import prepare_process
from foldwise.training.loop import Learner, checked_mean, training_steps
from foldwise.training.prediction import predict
from foldwise.training.seeds import seed_for


def measured(task: Task, contestant: Contestant, seed: int) -> Training:
    """The measurement of one training with Foldwise.

    The steps are those of `foldwise train`; evaluations and checkpoints are left out, as they are
    for the other contestants.
    """
    chosen = settings_of(task, contestant, seed)
    prepare_process(chosen.hardware)
    tokenizer = tokenizer_of(task)
    watch = Stopwatch(task.device)
    tokens = tokens_of(task.train, tokenizer)
    tokenizing = None if task.random else watch.seconds()
    model = model_of(task, chosen)
    cells: list[int] = []
    watch = Stopwatch(task.device)
    _take_steps(learner_of(task, chosen, model, tokens), task, tokens, seed, cells)
    seconds, waited = watch.seconds(), watch.waited(task.threads)
    amount = amount_of(tokens.lengths)
    return Training(
        seconds=seconds,
        waited=waited,
        amount=amount.times(task.epochs),
        padded_tokens=sum(cells),
        peak_bytes=peak_bytes(task.device),
        tokenizing=tokenizing,
        steps=task.steps,
        taken=task.steps,
        rmse=_rmse(task, chosen, model, tokens_of(task.valid, tokenizer)) if task.quality else None,
    )


def _take_steps(learner: Learner, task: Task, tokens: Tokens, seed: int, cells: list[int]) -> None:
    losses: list[torch.Tensor] = []
    steps = training_steps(
        learner,
        step_batches(task, tokens, seed, cells.append),
        labels_of(task),
        lambda: torch.empty(0),  # no evaluation
        numbers=range(1, task.steps + 1),
        due=lambda _number: False,  # but for the last
        seed_of=lambda number: seed_for("dropout", seed, 0, number),
        losses=losses,
    )
    taken = sum(1 for _ in steps)
    if taken != task.steps:
        raise ValueError(f"expected {task.steps} steps, took {taken}")
    checked_mean(losses, taken)


def _rmse(task: Task, chosen: settings.Settings, model: TextModel, tokens: Tokens) -> float:
    at = np.arange(len(task.valid), dtype=np.int64)
    budget = chosen.training.micro_batch_tokens
    outputs = predict(Forward(model, chosen.hardware), tokens, at, budget)
    errors = outputs[:, 0].double().numpy() - np.asarray(task.valid.targets)
    return float(np.sqrt(np.mean(errors**2)))
