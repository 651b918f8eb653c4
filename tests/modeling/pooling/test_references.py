"""Every pooling against a plain implementation of one text at a time, in float64."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from foldwise import settings
from foldwise.modeling.pooling import (
    AttentionPooling,
    Pooling,
    PowerPooling,
    RecurrentPooling,
    TopPooling,
)
from tests.modeling.pooling.padded_texts import KINDS, MAX_LENGTH, WIDTH, pooling_of, texts

Floats = NDArray[np.float64]
LENGTHS = [4, 1, 9]


def array(tensor: Tensor) -> Floats:
    return np.asarray(tensor.detach().double().numpy())


def attention(tokens: Floats, pooling: Pooling) -> Floats:
    assert isinstance(pooling, AttentionPooling)
    project, bias = array(pooling.project.weight), array(pooling.project.bias)
    query = array(pooling.score.weight)[0]
    scores = [float(query @ np.tanh(project @ token + bias)) for token in tokens]
    shares = np.exp(scores) / np.exp(scores).sum()
    return np.asarray(sum(s * t for s, t in zip(shares, tokens, strict=True)))


def top(tokens: Floats, pooling: Pooling) -> Floats:
    assert isinstance(pooling, TopPooling)
    columns = [sorted(column, reverse=True)[: pooling.k] for column in tokens.T]
    return np.array([np.mean(column) for column in columns])


def power_mean(tokens: Floats, pooling: Pooling) -> Floats:
    assert isinstance(pooling, PowerPooling)
    p = pooling.log_power.exp().item()
    positive = np.maximum(tokens, 1e-6)
    return np.asarray(np.mean(positive**p, axis=0) ** (1 / p))


def recurrent(tokens: Floats, pooling: Pooling) -> Floats:
    """torch's own network of two directions, with the same weights."""
    assert isinstance(pooling, RecurrentPooling)
    both = type(pooling.forwards)(WIDTH, 3, batch_first=True, bidirectional=True).double()
    weights = {f"{n}": p for n, p in pooling.forwards.named_parameters()}
    weights |= {f"{n}_reverse": p for n, p in pooling.backwards.named_parameters()}
    both.load_state_dict({name: p.detach().double() for name, p in weights.items()})
    _, ends = both(torch.from_numpy(tokens)[None])
    states = ends[0] if isinstance(both, nn.LSTM) else ends  # (directions, 1, units)
    return array(states.flatten())


def flat(tokens: Floats, pooling: Pooling) -> Floats:
    rows = np.zeros((MAX_LENGTH, WIDTH))
    rows[: len(tokens)] = tokens
    return rows.ravel()


REFERENCES: dict[settings.PoolingKind, Callable[[Floats, Pooling], Floats]] = {
    "mean": lambda tokens, _: tokens.mean(axis=0),
    "first": lambda tokens, _: tokens[0],
    "max": lambda tokens, _: tokens.max(axis=0),
    "min": lambda tokens, _: tokens.min(axis=0),
    "top_k": top,
    "attention": attention,
    "gem": power_mean,
    "lstm": recurrent,
    "gru": recurrent,
    "flatten": flat,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("left", [False, True])
def test_a_vector_is_that_of_a_plain_reference(kind: settings.PoolingKind, left: bool) -> None:
    pooling = pooling_of(kind)
    hidden, mask = texts(LENGTHS, left=left)
    pooled = array(pooling([hidden], mask))
    for row, own in enumerate(mask):
        expected = REFERENCES[kind](array(hidden[row, own]), pooling.main)
        np.testing.assert_allclose(pooled[row], expected, rtol=1e-4, atol=1e-6)
