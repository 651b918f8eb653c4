"""Learners of a tiny random encoder over five texts, for tests of single steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foldwise.encoders import EncoderFiles
from foldwise.modeling.model import TextModel, build_model
from foldwise.settings import Settings, checked_settings
from foldwise.tokenization.batches import Batch, collate
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.fold_state import FoldState
from foldwise.training.frozen_states import FrozenStates
from foldwise.training.learning import FoldModel, fold_model, new_learner
from foldwise.training.loop import Learner, training_steps
from foldwise.training.losses import Labels
from foldwise.training.stages import learn_only

TEXTS = ["a good film", "bad", "the story is very boring and slow", "funny", "a great great book"]
TARGETS = torch.tensor([[1.0], [-1.0], [-0.5], [0.8], [2.0]])
LABELS = Labels(TARGETS)
STEPS = 6


def settings_of(**changed: Any) -> Settings:
    """Settings without dropout, of six steps over the five texts; sections as dictionaries."""
    table: dict[str, Any] = {
        "competition": "any",
        "encoder": {"dropout": 0.0},
        "rates": {"top": 1e-3, "head": 1e-2, "decay": 0.8},
        "training": {"epochs": float(STEPS), "batch_size": len(TEXTS)},
        "hardware": {"device": "cpu", "precision": "fp32", "threads": 1},
    }
    for key, value in changed.items():
        both = isinstance(value, dict) and isinstance(table.get(key), dict)
        table[key] = {**table[key], **value} if both else value
    if "stages" in changed:
        del table["training"]["epochs"]
    return checked_settings(table, "the test")


def tiny_tokens(folder: Path) -> Tokens:
    """The five texts."""
    tokenizer = load_tokenizer(EncoderFiles("tiny", folder, "folder"), 32)
    return tokenize(tokenizer, [(text,) for text in TEXTS], None)


def new_model(folder: Path, chosen: Settings) -> TextModel:
    """A model of the encoder in `folder`, always from the same weights."""
    torch.manual_seed(3)
    return build_model(folder, chosen, outputs=1, task="regression")


def made_of(
    folder: Path, chosen: Settings, vocabulary: NDArray[np.int64] | None = None
) -> FoldModel:
    """The model with what stays with it over its stages."""
    model = new_model(folder, chosen)
    return fold_model(model, chosen, "regression", epoch=1, vocabulary=vocabulary)


def learner_of(
    made: FoldModel,
    chosen: Settings,
    stage: int = 0,
    done: int = 0,
    frozen: FrozenStates | None = None,
) -> Learner:
    """The learner of one stage after `done` steps."""
    plan = made.plans[stage]
    learn_only(made.model, plan.learns)
    return new_learner(chosen, made, plan, FoldState(step=plan.after + done), frozen)


def whole_batches(tokens: Tokens) -> Iterator[list[Batch]]:
    """All texts in every step, at once."""
    while True:
        yield [collate(tokens, np.arange(len(TEXTS)))]


def cut_batches(tokens: Tokens) -> Iterator[list[Batch]]:
    """All texts in every step, in micro-batches of different sizes."""
    while True:
        yield [collate(tokens, [0, 3]), collate(tokens, [1]), collate(tokens, [2, 4])]


def take_all(learner: Learner, plan: Iterator[list[Batch]], steps: int = STEPS) -> list[Tensor]:
    """The losses of `steps` steps."""
    losses: list[Tensor] = []
    for _ in training_steps(
        learner,
        plan,
        LABELS,
        lambda: torch.empty(0),
        numbers=range(1, steps + 1),
        due=lambda number: number % 2 == 0,
        seed_of=lambda number: number,
        losses=losses,
    ):
        pass
    return losses


def weights_of(learner: Learner) -> dict[str, Tensor]:
    """A copy of everything that learns."""
    return {name: value.detach().clone() for name, value in learner.learned.items()}
