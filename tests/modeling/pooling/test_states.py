import re
from pathlib import Path
from typing import Any

import pytest
import torch

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.pooling import LayerMean, StatesPooling
from foldwise.modeling.saving import load_model_weights, save_model
from tests.modeling.pooling.padded_texts import KINDS, WIDTH, pooling_of, texts

STATES = [texts([4, 2], layer=i)[0] for i in range(3)]
MASK = texts([4, 2])[1]


def test_layers_weigh_the_same_at_the_start() -> None:
    mean = LayerMean(3)(STATES)
    torch.testing.assert_close(mean, torch.stack(STATES).mean(dim=0))


def test_layers_weigh_what_they_have_learned() -> None:
    layers = LayerMean(3)
    with torch.no_grad():
        layers.scores.copy_(torch.tensor([0.5, 0.25, 0.25]).log())
    expected = 0.5 * STATES[0] + 0.25 * STATES[1] + 0.25 * STATES[2]
    torch.testing.assert_close(layers(STATES), expected)


def test_a_mean_of_layers_is_float32_from_bf16() -> None:
    mean = LayerMean(3)([state.bfloat16() for state in STATES])
    assert mean.dtype == torch.float32
    torch.testing.assert_close(mean, torch.stack(STATES).mean(dim=0), rtol=1e-2, atol=1e-2)


def test_concatenated_layers_lie_side_by_side() -> None:
    pooling = pooling_of("first", layers=3)
    expected = torch.cat([state[:, 0] for state in STATES], dim=-1)
    torch.testing.assert_close(pooling(STATES, MASK), expected, rtol=0, atol=0)
    assert pooling.width == 3 * WIDTH


def test_the_second_pooling_stands_behind_the_first() -> None:
    both = pooling_of("max", beside="min")
    alone = [pooling_of("max"), pooling_of("min")]
    expected = torch.cat([pooling(STATES[:1], MASK) for pooling in alone], dim=-1)
    torch.testing.assert_close(both(STATES[:1], MASK), expected, rtol=0, atol=0)


def test_both_poolings_see_the_projected_tokens() -> None:
    pooling = pooling_of("first", beside="max", layers=3, bottleneck=2)
    assert pooling.bottleneck is not None
    joined = torch.cat(STATES, dim=-1)
    projected = torch.tanh(joined @ pooling.bottleneck.weight.T + pooling.bottleneck.bias)
    largest = [projected[row, own].amax(dim=0) for row, own in enumerate(MASK)]
    expected = torch.cat([projected[:, 0], torch.stack(largest)], dim=-1)
    torch.testing.assert_close(pooling(STATES, MASK), expected)
    torch.testing.assert_close(pooling.hidden(STATES), projected)


def test_states_of_another_number_of_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="the pooling reads 2 layers' states, got 3"):
        pooling_of("mean", layers=2)(STATES, MASK)


@pytest.mark.parametrize("kind", KINDS)
def test_only_weighted_sums_have_weights(kind: settings.PoolingKind) -> None:
    pooling = pooling_of(kind, beside="mean" if kind != "mean" else "none")
    if kind in ("mean", "first", "attention"):
        assert pooling.weights(STATES[:1], MASK).shape == (2, 4)
        return
    message = re.escape(
        "tokens have weights where pooling.kind is 'mean', 'first' or 'attention', but this model "
        f"has a {type(pooling.main).__name__}; train a run with one of these"
    )
    with pytest.raises(UsageError, match=message):
        pooling.weights(STATES[:1], MASK)


def test_attention_beside_another_pooling_is_the_one_that_weighs() -> None:
    for main in ("mean", "max"):
        pooling = pooling_of(main, beside="attention")
        assert pooling.beside is not None
        expected = pooling.beside.weights(pooling.hidden(STATES[:1]), MASK)
        torch.testing.assert_close(pooling.weights(STATES[:1], MASK), expected)


def changed(pooling: StatesPooling) -> StatesPooling:
    with torch.no_grad():
        for parameter in pooling.parameters():
            parameter.add_(0.3)
    return pooling


@pytest.mark.parametrize("kind", KINDS)
def test_a_pooling_read_back_gives_the_same_vectors(
    kind: settings.PoolingKind, tmp_path: Path
) -> None:
    fields: dict[str, Any] = {"layers": 3, "combine": "weighted", "bottleneck": 4}
    pooling, other = changed(pooling_of(kind, **fields)), pooling_of(kind, seed=4, **fields)
    save_model(tmp_path / "m", pooling)
    assert not torch.equal(pooling(STATES, MASK), other(STATES, MASK))
    load_model_weights(other, tmp_path / "m")
    torch.testing.assert_close(other(STATES, MASK), pooling(STATES, MASK), rtol=0, atol=0)
