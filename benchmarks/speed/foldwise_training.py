"""Foldwise as a contestant: its own loop, batches, layer groups and optimizer."""

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from speed.measurement import Measurement, Stopwatch, peak_bytes
from speed.task import Contestant, Rows, Task

from foldwise import settings
from foldwise.encoders import EncoderFiles
from foldwise.modeling.model import TextModel, build_model
from foldwise.tokenization.batches import Batch, epoch_plan
from foldwise.tokenization.tokenizer import Padding, Tokenizer, load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.device_batch import batch_on
from foldwise.training.fold_state import FoldState
from foldwise.training.forward import Forward
from foldwise.training.hardware import prepare_process
from foldwise.training.learning import fold_model, new_learner
from foldwise.training.loop import Learner, checked_mean, training_steps
from foldwise.training.losses import Labels
from foldwise.training.prediction import predict
from foldwise.training.seeds import seed_for
from foldwise.training.stages import learn_only

RANDOM_PADDING = Padding(id=1, type_id=0, side="right")  # RoBERTa's


def train_foldwise(task: Task, contestant: Contestant, seed: int) -> Measurement:
    """The measurement of one training with Foldwise.

    The steps are those of `foldwise train`; evaluations and checkpoints are left out, as they are
    for the other contestants.
    """
    chosen = _settings(task, contestant, seed)
    prepare_process(chosen.hardware)
    tokenizer = None if task.random else _tokenizer(task)
    watch = Stopwatch(task.device)
    tokens = _tokens(task.train, tokenizer)
    tokenizing = None if task.random else watch.seconds()
    model = _model(task, chosen)
    counts: list[int] = []
    watch = Stopwatch(task.device)
    _take_steps(_learner(task, chosen, model), task, tokens, seed, counts)
    seconds, waited = watch.seconds(), watch.waited(task.threads)
    return Measurement(
        seconds=seconds,
        tokenizing=tokenizing,
        steps=task.steps,
        taken=task.steps,
        tokens=int(tokens.lengths.sum()) * task.epochs,
        padded_tokens=sum(counts),
        peak_bytes=peak_bytes(task.device),
        waited=waited,
        rmse=_rmse(task, chosen, model, _tokens(task.valid, tokenizer)) if task.quality else None,
    )


def _settings(task: Task, contestant: Contestant, seed: int) -> settings.Settings:
    dropout = "auto" if contestant.dropout is None else contestant.dropout
    rates = settings.Rates(
        top=task.rate,
        head=task.rate if contestant.one_rate else settings.Rates().head,
        embeddings=0.0 if contestant.frozen_embeddings else "auto",
    )
    return settings.Settings(
        competition="benchmark",
        seed=seed,
        encoder=settings.Encoder(name=task.encoder, max_length=task.max_length, dropout=dropout),
        head=settings.Head(dropout=contestant.dropout or 0.0),
        rates=rates,
        optimizer=settings.Optimizer(weight_decay=task.weight_decay),
        schedule=settings.Schedule(warmup=task.warmup),
        training=settings.Training(epochs=task.epochs, batch_size=task.batch_size),
        hardware=settings.Hardware(
            device=task.device, precision=contestant.precision, threads=task.threads
        ),
    )


def _tokenizer(task: Task) -> Tokenizer:
    files = EncoderFiles(task.encoder, Path(task.encoder), "folder")
    return load_tokenizer(files, task.max_length)


def _tokens(rows: Rows, tokenizer: Tokenizer | None) -> Tokens:
    if tokenizer is not None:
        return tokenize(tokenizer, [(text,) for text in rows.texts], cache=None)
    texts = [np.asarray(ids, np.int32) for ids in rows.ids or ()]
    lengths = [len(ids) for ids in texts]
    offsets = np.fromiter(accumulate(lengths, initial=0), np.int64)
    return Tokens(
        np.concatenate(texts), offsets, None, np.asarray(lengths, np.int32), RANDOM_PADDING
    )


def _model(task: Task, chosen: settings.Settings) -> TextModel:
    torch.manual_seed(seed_for("weights", chosen.seed, 0))
    model = build_model(
        Path(task.encoder), chosen, outputs=1, task="regression", pretrained=not task.random
    )
    model.start_from(torch.tensor(task.train.targets)[:, None])
    return model.to(task.device)


def _learner(task: Task, chosen: settings.Settings, model: TextModel) -> Learner:
    made = fold_model(model, chosen, "regression", epoch=task.steps // task.epochs)
    (plan,) = made.plans
    learn_only(model, plan.learns)
    return new_learner(chosen, made, plan, FoldState())


def _take_steps(learner: Learner, task: Task, tokens: Tokens, seed: int, counts: list[int]) -> None:
    losses: list[torch.Tensor] = []
    steps = training_steps(
        learner,
        _batches(task, tokens, seed, counts),
        Labels(torch.tensor(task.train.targets, device=task.device)[:, None].float()),
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


def _batches(task: Task, tokens: Tokens, seed: int, counts: list[int]) -> Iterator[list[Batch]]:
    device, budget = torch.device(task.device), settings.Training().micro_batch_tokens
    for epoch in range(task.epochs):
        order = seed_for("batches", seed, 0, epoch)
        for micro_batches in epoch_plan(tokens.lengths, task.batch_size, budget, order):
            batches = [batch_on(device, tokens, at) for at in micro_batches]
            counts.append(sum(batch.input_ids.numel() for batch in batches))
            yield batches


def _rmse(task: Task, chosen: settings.Settings, model: TextModel, tokens: Tokens) -> float:
    at = np.arange(len(task.valid), dtype=np.int64)
    budget = chosen.training.micro_batch_tokens
    outputs = predict(Forward(model, chosen.hardware), tokens, at, budget)
    errors = outputs[:, 0].double().numpy() - np.asarray(task.valid.targets)
    return float(np.sqrt(np.mean(errors**2)))
