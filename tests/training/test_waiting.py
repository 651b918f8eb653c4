"""A step never waits for the GPU: it asks no tensor for a number.

Seen on the processor too: what would wait is an operation that gives Python a number, or a tensor
whose size depends on values.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from foldwise.tokenization.batches import collate
from foldwise.training.loop import take_step
from tests.tiny_encoders import make_tiny_encoder
from tests.training.tiny_learners import (
    LABELS,
    TEXTS,
    learner_of,
    made_of,
    settings_of,
    tiny_tokens,
)

WAITS = {"_local_scalar_dense", "equal", "masked_select", "nonzero", "unique"}


class Waits(TorchDispatchMode):
    """Notes every operation that a GPU would have to be waited for."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # it has no annotations
        self.seen: list[str] = []

    def __torch_dispatch__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func._schema.name.removeprefix("aten::")
        by_mask = name == "index" and any(i is not None and i.dtype == torch.bool for i in args[1])
        if name in WAITS or by_mask:
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


def test_what_waits_is_seen() -> None:
    mask = torch.tensor([True, False])
    for asks in (lambda: bool(mask.all()), lambda: mask[mask], lambda: mask.sum().item()):
        with Waits() as waits:
            asks()
        assert len(waits.seen) == 1


def test_an_encoder_that_is_not_told_where_tokens_are_asks_for_it(tmp_path: Path) -> None:
    folder = make_tiny_encoder(tmp_path, "bert")
    chosen = settings_of(encoder={"attention": "sdpa"})
    model = learner_of(made_of(folder, chosen), chosen).model
    batch = collate(tiny_tokens(folder), np.arange(len(TEXTS)))
    with Waits() as waits:
        model(batch.input_ids, batch.attention_mask)
    assert waits.seen == ["_local_scalar_dense"]


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
@pytest.mark.parametrize("attention", ["sdpa", "packed"])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("kind", ["mean", "attention"])
def test_no_step_waits(
    family: Any, attention: str, dropout: float, kind: str, tmp_path: Path
) -> None:
    folder = make_tiny_encoder(tmp_path, family)
    chosen = settings_of(
        encoder={"dropout": dropout, "attention": attention},
        pooling={"kind": kind},
        averaging={"kind": "ema"},
    )
    tokens = tiny_tokens(folder)
    vocabulary = tokens.vocabulary(np.array([0, 1]))  # the other texts have more
    learner = learner_of(made_of(folder, chosen, vocabulary), chosen)
    batches = [collate(tokens, np.arange(len(TEXTS))), collate(tokens, [1]), collate(tokens, [2])]
    take_step(learner, batches, LABELS, 1)  # AdamW makes its state
    with Waits() as waits:
        for number in (2, 3):
            take_step(learner, batches, LABELS, number)
    assert waits.seen == []
