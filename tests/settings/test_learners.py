"""What learns, as the settings alone tell it, against the rates that training gives each layer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import UsageError
from foldwise.settings import Encoder, Head, Rates, Settings, Stage
from foldwise.settings.learners import (
    embeddings_learn,
    encoder_learns,
    is_held,
    layers_learn,
    learning_layers,
    pooling_learns,
    something_learns_in,
    top_layers_learning,
)
from foldwise.training.rates import trained_groups
from tests.settings.tables import valid

LAYERS = 6
NAMES = ["embeddings", *(f"layer {i}" for i in range(LAYERS)), "head"]

a_rate = st.sampled_from([0.0, 1e-4])
some_rates = st.builds(
    Rates,
    head=a_rate,
    top=a_rate,
    shape=st.sampled_from(["decay", "constant", "linear", "bands", "slice"]),
    bands=st.tuples(*[st.sampled_from([0.0, 0.5])] * 3),
    embeddings=st.sampled_from(["auto", 0.0, 1e-5]),
    groups=st.dictionaries(st.sampled_from(NAMES), a_rate, max_size=2),
)
some_stages = st.builds(
    Stage, epochs=st.just(1.0), train=st.sampled_from(["all", "head", 1, 2]), rates=some_rates
)
some_encoders = st.builds(Encoder, frozen=st.sampled_from(["none", "embeddings", "all", 1, 3]))


def learning_in(stage: Stage, encoder: Encoder) -> set[str]:
    """The layer groups that training lets learn."""
    try:
        return set(trained_groups(NAMES, stage, encoder))
    except UsageError:  # nothing learns
        return set()


@given(st.lists(some_stages, min_size=1, max_size=3), some_encoders)
def test_what_learns_is_what_training_lets_learn(stages: list[Stage], encoder: Encoder) -> None:
    chosen = Settings(competition="a", encoder=encoder, stages=tuple(stages))
    learning = set[str]().union(*(learning_in(stage, encoder) for stage in stages))
    layers = {int(name[6:]) for name in learning if name.startswith("layer ")}
    assert learning_layers(chosen, LAYERS) == layers
    assert embeddings_learn(chosen) == ("embeddings" in learning)
    # without the number of layers: never No where the answer is Yes
    assert layers_learn(chosen) >= bool(layers)
    assert encoder_learns(chosen) >= bool(layers or "embeddings" in learning)
    top = top_layers_learning(chosen)
    assert top is None or layers <= set(range(LAYERS - top, LAYERS))
    for stage in stages:
        assert something_learns_in(stage, chosen) >= bool(learning_in(stage, encoder))


@given(some_encoders)
def test_what_is_held_never_learns_and_all_else_may(encoder: Encoder) -> None:
    learning = learning_in(Stage(epochs=1), encoder)
    assert {name for name in NAMES if not is_held(name, encoder)} == learning


@pytest.mark.parametrize(
    ("pooling", "learns"),
    [
        ({}, False),
        ({"kind": "first"}, False),
        ({"kind": "attention"}, True),
        ({"beside": "gem"}, True),
        ({"kind": "lstm"}, True),
        ({"bottleneck": 8}, True),
        ({"layers": 2}, False),
        ({"layers": 2, "combine": "weighted"}, True),
    ],
)
def test_a_pooling_learns_if_it_has_parameters(pooling: dict[str, Any], learns: bool) -> None:
    assert pooling_learns(valid({"pooling": pooling})) == learns


@pytest.mark.parametrize(
    ("table", "learn"),
    [
        ({}, True),
        ({"rates": {"embeddings": 0}}, False),
        ({"rates": {"groups": {"embeddings": 0}}}, False),
        ({"rates": {"top": 0}}, False),
        ({"rates": {"shape": "bands", "bands": [0, 1, 1]}}, False),
        ({"rates": {"shape": "bands", "bands": [0, 1, 1], "embeddings": 1e-5}}, True),
        ({"rates": {"shape": "slice"}}, True),
        ({"rates": {"shape": "slice", "groups": {"embeddings": 0}}}, False),
        ({"encoder": {"frozen": "embeddings"}}, False),
        ({"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": 2}]}, False),
        ({"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1}]}, True),
    ],
)
def test_the_embeddings_learn_if_a_stage_trains_them(table: dict[str, Any], learn: bool) -> None:
    assert embeddings_learn(valid(table)) == learn


@pytest.mark.parametrize(
    ("table", "learn"),
    [
        ({}, True),
        ({"encoder": {"frozen": "all"}}, False),
        ({"encoder": {"frozen": 3}}, True),
        ({"rates": {"top": 0}}, False),
        ({"rates": {"top": 0, "embeddings": 1e-5}}, True),
        ({"rates": {"top": 0, "groups": {"layer 2": 1e-5}}}, True),
        ({"stages": [{"epochs": 1, "train": "head"}]}, False),
        ({"stages": [{"epochs": 1, "train": 1, "rates": {"top": 0}}]}, False),
        ({"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": 1}]}, True),
    ],
)
def test_the_encoder_learns_if_a_stage_trains_a_part_of_it(
    table: dict[str, Any], learn: bool
) -> None:
    assert encoder_learns(valid(table)) == learn


@pytest.mark.parametrize(
    "table",
    [
        {"head": {"hidden": [8]}, "rates": {"top": 0, "groups": {"head 0": 0}}},
        {"rates": {"head": 0, "top": 0, "groups": {"head": 1e-3}}},
        {"pooling": {"bottleneck": 8}, "rates": {"head": 0, "top": 0, "pooling": 1e-3}},
    ],
)
def test_a_head_or_a_pooling_alone_may_learn(table: dict[str, Any]) -> None:
    chosen = valid(table)
    assert not encoder_learns(chosen)
    assert something_learns_in(chosen.all_stages()[0], chosen)


def test_all_layers_of_a_head_may_be_still() -> None:
    head = Head(hidden=(8,))
    still = Stage(epochs=1, rates=Rates(top=0, groups={"head 0": 0, "head 1": 0}))
    assert not something_learns_in(still, Settings(competition="a", head=head, stages=(still,)))
