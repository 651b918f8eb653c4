"""Tiny models and batches for the tests of this folder."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from foldwise import settings
from foldwise.competition.competition import Task
from foldwise.modeling.model import TextModel, build_model


class TinyBatch(NamedTuple):
    input_ids: Tensor
    attention_mask: Tensor


COMMONLIT = settings.Pooling(kind="attention", layers=2, hidden=8, beside="first")
POOLINGS = {
    "mean": settings.Pooling(kind="mean"),
    "first": settings.Pooling(kind="first"),
    "attention": settings.Pooling(kind="attention", hidden=8),
    "mean of two layers beside the first token": settings.Pooling(layers=2, beside="first"),
    "attention over two layers beside the first token": COMMONLIT,
    "maximum beside the minimum": settings.Pooling(kind="max", beside="min"),
    "largest, of projected tokens": settings.Pooling(kind="top_k", bottleneck=6),
    "generalised mean of weighted layers": settings.Pooling(
        kind="gem", layers=2, combine="weighted"
    ),
    "LSTM beside GELU attention": settings.Pooling(
        kind="lstm", beside="attention", units=4, hidden=8, form="gelu"
    ),
    "GRU beside flattened": settings.Pooling(kind="gru", beside="flatten", units=4, bottleneck=3),
}


def experiment(
    pooling: settings.Pooling | None = None,
    encoder: settings.Encoder | None = None,
    head: settings.Head | None = None,
    loss: settings.Loss | None = None,
) -> settings.Settings:
    return settings.Settings(
        competition="none",
        pooling=pooling or settings.Pooling(),
        encoder=encoder or settings.Encoder(max_length=64),
        head=head or settings.Head(),
        loss=loss or settings.Loss(),
    )


def tiny_model(
    folder: Path,
    pooling: settings.Pooling | None = None,
    *,
    head: settings.Head | None = None,
    loss: settings.Loss | None = None,
    task: Task = "regression",
    outputs: int = 3,
    pretrained: bool = True,
) -> TextModel:
    """A model of the tiny encoder in `folder`, always with the same weights."""
    is_xlnet = json.loads((folder / "config.json").read_text())["model_type"] == "xlnet"
    torch.manual_seed(1)
    return build_model(
        folder,
        experiment(pooling, head=head, loss=loss),
        outputs,
        task,
        pretrained=pretrained,
        cls_position="last" if is_xlnet else "first",
    )


def tiny_batch(folder: Path, lengths: Sequence[int], seed: int = 0) -> TinyBatch:
    """Texts of random tokens, padded as the family in `folder` is: (texts, tokens) each."""
    config = json.loads((folder / "config.json").read_text())
    is_left = config["model_type"] == "xlnet"
    generator = torch.Generator().manual_seed(seed)
    input_ids = torch.full((len(lengths), max(lengths)), int(config["pad_token_id"]))
    mask = torch.zeros_like(input_ids)
    for i, length in enumerate(lengths):
        own = slice(max(lengths) - length, None) if is_left else slice(0, length)
        input_ids[i, own] = torch.randint(10, config["vocab_size"], (length,), generator=generator)
        mask[i, own] = 1
    return TinyBatch(input_ids, mask)


def text_alone(batch: TinyBatch, row: int) -> TinyBatch:
    """One text of `batch` without its padding."""
    own = batch.attention_mask[row].bool()
    return TinyBatch(batch.input_ids[row, own][None], batch.attention_mask[row, own][None])


@contextmanager
def native_kernels() -> Iterator[None]:
    """Computation without oneDNN's kernels.

    Those for bf16 kill the process on a machine that reports AMX and does not allow it.
    """
    with torch.backends.mkldnn.flags(enabled=False):
        yield
