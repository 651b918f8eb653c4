"""Foldwise's own parts, put together as `foldwise train` puts them, for a task's rows."""

from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
import torch
from speed.task import Contestant, Rows, Task

from foldwise import settings
from foldwise.encoders import EncoderFiles
from foldwise.modeling.model import TextModel, build_model
from foldwise.tokenization.batches import Batch, epoch_plan
from foldwise.tokenization.tokenizer import Padding, Tokenizer, load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.device_batch import batch_on
from foldwise.training.fold_state import FoldState
from foldwise.training.learning import fold_model, new_learner
from foldwise.training.loop import Learner
from foldwise.training.losses import Labels
from foldwise.training.seeds import seed_for
from foldwise.training.stages import learn_only

RANDOM_PADDING = Padding(id=1, type_id=0, side="right")  # RoBERTa's

CountCells = Callable[[int], None]


def settings_of(task: Task, contestant: Contestant, seed: int) -> settings.Settings:
    """The experiment that the task describes, with the contestant's differences."""
    dropout = "auto" if contestant.dropout is None else contestant.dropout
    rates = settings.Rates(
        top=task.rate,
        head=task.rate if contestant.one_rate else settings.Rates().head,
        embeddings=0.0 if contestant.frozen_embeddings else "auto",
    )
    return settings.Settings(
        competition="benchmark",
        seed=seed,
        encoder=settings.Encoder(
            name=task.encoder,
            max_length=task.max_length,
            dropout=dropout,
            attention=contestant.attention,
        ),
        head=settings.Head(dropout=contestant.dropout or 0.0),
        rates=rates,
        optimizer=settings.Optimizer(weight_decay=task.weight_decay),
        schedule=settings.Schedule(warmup=task.warmup),
        training=settings.Training(epochs=task.epochs, batch_size=task.batch_size),
        hardware=settings.Hardware(
            device=task.device, precision=contestant.precision, threads=task.threads
        ),
    )


def tokenizer_of(task: Task) -> Tokenizer | None:
    """The encoder's tokenizer; None for random ids."""
    if task.random:
        return None
    files = EncoderFiles(task.encoder, Path(task.encoder), "folder")
    return load_tokenizer(files, task.max_length)


def tokens_of(rows: Rows, tokenizer: Tokenizer | None) -> Tokens:
    """The rows' tokens: of their texts, or the ids that stand in for them."""
    if tokenizer is not None:
        return tokenize(tokenizer, [(text,) for text in rows.texts], cache=None)
    texts = [np.asarray(ids, np.int32) for ids in rows.ids or ()]
    lengths = [len(ids) for ids in texts]
    offsets = np.fromiter(accumulate(lengths, initial=0), np.int64)
    return Tokens(
        np.concatenate(texts), offsets, None, np.asarray(lengths, np.int32), RANDOM_PADDING
    )


def model_of(task: Task, chosen: settings.Settings) -> TextModel:
    """The model on its device, as a fold begins with it."""
    torch.manual_seed(seed_for("weights", chosen.seed, 0))
    model = build_model(
        Path(task.encoder), chosen, outputs=1, task="regression", pretrained=not task.random
    )
    model.start_from(torch.tensor(task.train.targets)[:, None])
    return model.to(task.device)


def learner_of(task: Task, chosen: settings.Settings, model: TextModel, tokens: Tokens) -> Learner:
    """The model with optimizer and schedule, before the first step."""
    rows = np.arange(len(tokens), dtype=np.int64)
    made = fold_model(
        model,
        chosen,
        "regression",
        epoch=task.steps // task.epochs,
        vocabulary=tokens.vocabulary(rows),
    )
    (plan,) = made.plans
    learn_only(model, plan.learns)
    return new_learner(chosen, made, plan, FoldState())


def labels_of(task: Task) -> Labels:
    """The training rows' targets, on the device."""
    return Labels(torch.tensor(task.train.targets, device=task.device)[:, None].float())


def step_batches(
    task: Task, tokens: Tokens, seed: int, count_cells: CountCells
) -> Iterator[list[Batch]]:
    """Each step's micro-batches on the device; `count_cells` gets the size of each step."""
    device, budget = torch.device(task.device), settings.Training().micro_batch_tokens
    for epoch in range(task.epochs):
        order = seed_for("batches", seed, 0, epoch)
        for micro_batches in epoch_plan(tokens.lengths, task.batch_size, budget, order):
            batches = [batch_on(device, tokens, at) for at in micro_batches]
            count_cells(sum(batch.input_ids.numel() for batch in batches))
            yield batches
