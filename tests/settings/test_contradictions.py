from typing import Any

import pytest

from foldwise.settings import Settings
from foldwise.settings.contradictions import (
    CONTRADICTIONS,
    contradictions,
    embeddings_learn,
    pooling_learns,
)
from tests.settings.tables import complaints_of, valid

FROZEN = {"encoder": {"frozen": "all"}}
CONTRADICTING: list[tuple[dict[str, Any], str]] = [
    (
        {"pooling": {"kind": "first", "beside": "first"}},
        "pooling.beside='first' is pooling.kind already: choose another, or none",
    ),
    (
        {"head": {"norm": "batch"}, "training": {"batch_size": 1}},
        "head.norm='batch' needs two texts to compare: raise training.batch_size",
    ),
    (
        {"training": {"patience": 2}, "stages": [{"epochs": 1}]},
        "training.patience ends the whole training, also its later stages: leave it 0 with "
        "[[stages]]",
    ),
    (
        {"training": {"patience": 2}, "averaging": {"kind": "swa"}},
        "training.patience may end training before averaging.kind='swa' begins: choose one of them",
    ),
    (
        {"averaging": {"kind": "swa", "start": 1}},
        "averaging.start=1 never begins to average: lower it, or leave averaging.kind out",
    ),
    (
        {"regularization": {"adversarial": "awp", "adversarial_from": 1}},
        "regularization.adversarial_from=1 never begins: lower it, or leave "
        "regularization.adversarial out",
    ),
    (
        {**FROZEN, "stages": [{"epochs": 1}]},
        "encoder.frozen='all' leaves the [[stages]] nothing to unfreeze: leave one of them out",
    ),
    (
        {"encoder": {"frozen": "all", "reinitialise": 1}},
        "encoder.frozen='all' keeps the pretrained weights as they are: leave encoder.reinitialise "
        "and encoder.layer_drop 0",
    ),
    (
        {**FROZEN, "regularization": {"mixout": 0.1}},
        "encoder.frozen='all' keeps the pretrained weights as they are: leave "
        "regularization.mixout and regularization.pretrained_decay 0",
    ),
    (
        {"encoder": {"frozen": 2}, "rates": {"embeddings": 1e-5}},
        "rates.embeddings above 0 lets the embeddings learn, and encoder.frozen=2 keeps them as "
        "they are: leave one of them out",
    ),
    (
        {"encoder": {"frozen": "embeddings"}, "regularization": {"adversarial": "fgm"}},
        "regularization.adversarial='fgm' moves the embeddings, and no stage trains them here "
        "(encoder.frozen='embeddings', rates.embeddings='auto'): choose 'awp', or let them learn",
    ),
    (
        {"loss": {"kind": "gaussian", "weights": "target_sd"}},
        "loss.kind='gaussian' reckons with the raters' noise already: leave "
        "loss.weights='target_sd' out",
    ),
]


@pytest.mark.parametrize(("table", "reason"), CONTRADICTING)
def test_settings_that_contradict_each_other_are_refused_with_the_reason(
    table: dict[str, Any], reason: str
) -> None:
    assert complaints_of(table) == [reason]


def test_every_contradiction_has_its_case_here() -> None:
    assert len(CONTRADICTING) == len(CONTRADICTIONS)


def test_the_defaults_contradict_nothing() -> None:
    assert list(contradictions(Settings(competition="a"))) == []


@pytest.mark.parametrize(
    "table",
    [
        {"encoder": {"frozen": 2, "reinitialise": 2, "layer_drop": 0.1}},
        {"encoder": {"frozen": "embeddings"}, "rates": {"embeddings": 0}},
        {"regularization": {"mixout": 0.5, "pretrained_decay": 0.01}},
        {"regularization": {"adversarial": "fgm"}},
        {
            "regularization": {"adversarial": "fgm"},
            "stages": [{"epochs": 1, "train": "head"}, {"epochs": 1}],
        },
        {"averaging": {"kind": "swa"}, "training": {"keep": "last"}},
        {"loss": {"kind": "mse", "weights": "target_sd"}},
        {"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": "head"}]},
    ],
)
def test_settings_that_go_together_are_taken(table: dict[str, Any]) -> None:
    valid(table)


# --- something must learn ------------------------------------------------------------------------

NOTHING = "nothing would learn: every rate is 0; raise rates.head or rates.top"


@pytest.mark.parametrize(
    "rates",
    [
        {"head": 0, "top": 0},
        {"head": 0, "top": 0, "embeddings": 0},
        {"head": 0, "top": 0, "groups": {"layer 0": 0}},
        {"shape": "slice", "top": 0},
    ],
)
def test_something_must_learn(rates: dict[str, Any]) -> None:
    assert complaints_of({"rates": rates}) == [NOTHING]


@pytest.mark.parametrize(
    "rates",
    [
        {"head": 0},
        {"top": 0},
        {"head": 0, "top": 0, "embeddings": 1e-5},
        {"head": 0, "top": 0, "groups": {"head": 1e-5}},
        {"shape": "slice"},
        {"shape": "slice", "top": 0, "groups": {"head": 1e-5}},
    ],
)
def test_one_rate_above_zero_is_enough(rates: dict[str, Any]) -> None:
    valid({"rates": rates})


def test_with_the_encoder_frozen_the_head_must_learn() -> None:
    assert complaints_of({**FROZEN, "rates": {"head": 0}}) == [NOTHING]
    valid({**FROZEN, "rates": {"head": 0, "pooling": 1e-3}, "pooling": {"kind": "attention"}})


def test_something_must_learn_in_each_stage() -> None:
    stages = [{"epochs": 1, "train": "head", "rates": {"head": 0}}, {"epochs": 1, "train": 1}]
    assert complaints_of({"stages": stages}) == [
        "nothing would learn: the rate of all that stages.0.rates and stages.0.train let learn is "
        "0; raise stages.0.rates.head or stages.0.rates.top"
    ]


# --- stages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("train", ["head", 1])
def test_no_head_is_fitted_to_random_layers_that_stay_random(train: str | int) -> None:
    stages = [{"epochs": 1, "train": train}, {"epochs": 1}]
    assert complaints_of({"encoder": {"reinitialise": 2}, "stages": stages}) == [
        f"stages.0.train={train!r} would keep layers frozen that encoder.reinitialise=2 fills with "
        f"random weights: train 2 at least"
    ]
    valid({"encoder": {"reinitialise": 2}, "stages": [{"epochs": 1, "train": 2}, {"epochs": 1}]})


def test_beta1_falls_to_its_value_at_the_peak() -> None:
    table = {"optimizer": {"beta1": 0.8}, "schedule": {"kind": "one_cycle"}}
    assert complaints_of(table) == [
        "schedule.beta1_at_peak=0.85 must not be above optimizer.beta1=0.8, from which one_cycle "
        "lets beta1 fall to it: lower it"
    ]
    valid({**table, "schedule": {"kind": "one_cycle", "beta1_at_peak": 0.7}})
    valid({"optimizer": {"beta1": 0.8}})  # other schedules leave it as it is


def test_a_stages_rate_of_the_pooling_needs_one_with_parameters() -> None:
    stages = [{"epochs": 1, "rates": {"pooling": 0.1}}]
    assert complaints_of({"stages": stages}) == [
        "stages.0.rates.pooling=0.1 would do nothing: it needs a pooling with parameters, such as "
        "attention"
    ]
    valid({"pooling": {"kind": "gem"}, "stages": stages})


# --- what learns ---------------------------------------------------------------------------------


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
        ({"rates": {"shape": "slice"}}, True),
        ({"rates": {"shape": "slice", "groups": {"embeddings": 0}}}, False),
        ({"encoder": {"frozen": "embeddings"}}, False),
        ({"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": 2}]}, False),
        ({"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1}]}, True),
    ],
)
def test_the_embeddings_learn_if_a_stage_trains_them(table: dict[str, Any], learn: bool) -> None:
    assert embeddings_learn(valid(table)) == learn
