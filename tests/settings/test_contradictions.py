from typing import Any

import pytest

from foldwise.settings import Settings
from foldwise.settings.contradictions import (
    CONTRADICTIONS,
    contradictions,
    without_learning_encoder,
)
from tests.settings.tables import changed, complaints_of, valid

FROZEN = {"encoder": {"frozen": "all"}}
CONTRADICTING: list[tuple[dict[str, Any], str]] = [
    (
        {"pooling": {"kind": "first", "beside": "first"}},
        "pooling.beside='first' is pooling.kind already: choose another, or none",
    ),
    (
        {"loss": {"kind": "ranking"}, "training": {"batch_size": 1}},
        "loss.kind='ranking' compares the texts of a batch: raise training.batch_size",
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
        {"encoder": {"frozen": 2}, "rates": {"embeddings": 1e-5}},
        "rates.embeddings above 0 lets the embeddings learn, and encoder.frozen=2 keeps them as "
        "they are: leave one of them out",
    ),
    (
        {"encoder": {"frozen": "embeddings"}, "regularization": {"adversarial": "fgm"}},
        "regularization.adversarial='fgm' moves the embeddings, and no stage trains them here "
        "(see encoder.frozen='embeddings', rates and train): choose 'awp', or let them learn",
    ),
    (
        {"hardware": {"processes": 2, "jobs_per_gpu": "auto"}},
        "hardware.processes=2 gives a fold several GPUs, and hardware.jobs_per_gpu='auto' a share "
        "of one: leave one of them 1",
    ),
    *(
        (
            {"hardware": {"processes": 2}, section: values},
            f"hardware.processes above 1 gives each process a share of a batch, and {whole}: leave "
            f"one of them out",
        )
        for section, values, whole in (
            ("head", {"norm": "batch"}, "head.norm='batch' compares all of its texts"),
            ("loss", {"kind": "rmse"}, "loss.kind='rmse' is no mean over texts"),
            (
                "regularization",
                {"mixout": 0.1},
                "regularization.mixout mixes the same weights for all of it",
            ),
            (
                "regularization",
                {"adversarial": "awp"},
                "regularization.adversarial moves the weights along its whole gradient",
            ),
        )
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
        {"regularization": {"pretrained_decay": 0.01}, "optimizer": {"weight_decay": 0.1}},
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
    assert list(contradictions(valid(table))) == []


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
    assert list(contradictions(valid({"rates": rates}))) == []


def test_with_the_encoder_frozen_the_head_must_learn() -> None:
    assert complaints_of({**FROZEN, "rates": {"head": 0}}) == [NOTHING]
    valid({**FROZEN, "rates": {"head": 0, "pooling": 1e-3}, "pooling": {"kind": "attention"}})


def test_something_must_learn_in_each_stage() -> None:
    stages = [{"epochs": 1, "train": "head", "rates": {"head": 0}}, {"epochs": 1, "train": 1}]
    assert complaints_of({"stages": stages}) == [
        "nothing would learn: the rate of all that stages.0.rates and stages.0.train let learn is "
        "0; raise stages.0.rates.head or stages.0.rates.top"
    ]


# --- in an encoder that never learns --------------------------------------------------------------

NEVER: list[dict[str, Any]] = [  # the ways to keep an encoder as it is
    {"encoder": {"frozen": "all"}},
    {"rates": {"top": 0}},
    {"rates": {"shape": "bands", "bands": [0, 0, 0]}},
    {"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": "head"}]},
    {"stages": [{"epochs": 1, "train": 2, "rates": {"top": 0}}, {"epochs": 1, "train": "head"}]},
]
LEARNING: list[dict[str, Any]] = [  # what looks like it, and is not
    {"encoder": {"frozen": 2}},
    {"rates": {"top": 0, "groups": {"layer 5": 1e-5}}},
    {"rates": {"shape": "bands", "bands": [0, 0, 1]}},
    {"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": 2}]},
]
NEEDING = {
    "encoder.dropout": (0.1, "the encoder"),
    "regularization.mixout": (0.1, "the encoder"),
    "regularization.pretrained_decay": (0.1, "the encoder"),
    "encoder.reinitialise": (1, "a layer of the encoder"),
    "encoder.layer_drop": (0.1, "a layer of the encoder"),
}


@pytest.mark.parametrize("table", NEVER)
@pytest.mark.parametrize("key", NEEDING)
def test_nothing_regularises_an_encoder_that_never_learns(table: dict[str, Any], key: str) -> None:
    value, part = NEEDING[key]
    frozen = table.get("encoder", {}).get("frozen", "none")
    assert complaints_of(changed(table, key, value)) == [
        f"{key}={value} makes no sense where no stage trains {part} (see "
        f"encoder.frozen={frozen!r}, rates and train): leave it out, or let {part} learn"
    ]


@pytest.mark.parametrize("table", LEARNING)
@pytest.mark.parametrize("key", NEEDING)
def test_an_encoder_that_learns_in_some_stage_is_regularised(
    table: dict[str, Any], key: str
) -> None:
    value = NEEDING[key][0]
    assert valid(changed(table, key, value)).flat()[key] == value


@pytest.mark.parametrize("table", [*NEVER, *LEARNING])
def test_without_dropout_any_encoder_may_stay_as_it_is(table: dict[str, Any]) -> None:
    for dropout in (0.0, "auto"):
        assert valid(changed(table, "encoder.dropout", dropout)).encoder.dropout == dropout


def test_embeddings_that_learn_are_an_encoder_that_learns_but_no_layer() -> None:
    table = {"rates": {"top": 0, "embeddings": 1e-5}}
    for key, (value, part) in NEEDING.items():
        found = list(contradictions(Settings.model_validate(changed(
            {**table, "competition": "tiny"}, key, value
        ))))  # fmt: skip
        assert len(found) == (1 if part == "a layer of the encoder" else 0)


def test_the_number_of_layers_may_tell_that_none_learns() -> None:
    chosen = valid({"encoder": {"layer_drop": 0.1}, "regularization": {"mixout": 0.5}})
    assert list(without_learning_encoder(chosen, layers_learn=True)) == []
    (told,) = without_learning_encoder(chosen, layers_learn=False)
    assert told.startswith("encoder.layer_drop=0.1 makes no sense")  # the embeddings still learn


@pytest.mark.parametrize(
    ("frozen", "group"), [("embeddings", "embeddings"), (2, "layer 1"), ("all", "layer 9")]
)
def test_what_is_held_has_no_rate_of_its_own(frozen: str | int, group: str) -> None:
    table = {"encoder": {"frozen": frozen}, "rates": {"groups": {group: 1e-5, "head": 1e-3}}}
    assert complaints_of(table) == [
        f"rates.groups has a rate for {group!r}, 1e-05, and encoder.frozen={frozen!r} keeps it as "
        f"it is: leave one of them out"
    ]
    valid({"encoder": {"frozen": 2}, "rates": {"groups": {"layer 2": 1e-5}}})


def test_what_is_held_has_no_rate_in_a_stage_either_and_it_is_told_once() -> None:
    own = {"epochs": 1, "rates": {"groups": {"embeddings": 0}}}
    table = {"encoder": {"frozen": 1}, "rates": {"groups": {"layer 0": 1e-5}}}
    assert complaints_of({**table, "stages": [{"epochs": 1}, own]}) == [
        "rates.groups has a rate for 'layer 0', 1e-05, and encoder.frozen=1 keeps it as it is: "
        "leave one of them out",
        "stages.1.rates.groups has a rate for 'embeddings', 0.0, and encoder.frozen=1 keeps it as "
        "it is: leave one of them out",
    ]


# --- layers with random weights -------------------------------------------------------------------


@pytest.mark.parametrize("train", ["head", 1])
def test_layers_with_random_weights_learn_in_one_stage_at_least(train: str | int) -> None:
    first, random = {"epochs": 1, "train": train}, {"encoder": {"reinitialise": 2}}
    assert complaints_of({**random, "stages": [first, {"epochs": 1, "train": 1}]}) == [
        "encoder.reinitialise=2 fills layers with random weights that no stage trains: let one of "
        "the [[stages]] train 2 at least, or lower it to 1"
    ]
    valid({**random, "stages": [first, {"epochs": 1, "train": 2}]})
    valid({**random, "stages": [first, {"epochs": 1}]})
    valid(random)


def test_a_stage_at_a_rate_of_0_trains_no_random_layer() -> None:
    still = {"epochs": 1, "train": 2, "rates": {"top": 0}}
    table = {"encoder": {"reinitialise": 2}, "stages": [still, {"epochs": 1, "train": 1}]}
    assert len(complaints_of(table)) == 1


# --- the embeddings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rates",
    [
        {"embeddings": 0},
        {"groups": {"embeddings": 0}},
        {"shape": "bands", "bands": [0, 0.5, 1]},
        {"top": 0},
    ],
)
def test_fgm_needs_a_stage_that_trains_the_embeddings(rates: dict[str, Any]) -> None:
    fgm = {"regularization": {"adversarial": "fgm"}}
    still, whole = {"epochs": 1, "rates": rates}, {"epochs": 1}
    expected = (
        "regularization.adversarial='fgm' moves the embeddings, and no stage trains them here "
        "(see encoder.frozen='none', rates and train): choose 'awp', or let them learn"
    )
    assert complaints_of({**fgm, "rates": rates}) == [expected]
    assert complaints_of({**fgm, "stages": [still, still]}) == [expected]
    valid({**fgm, "stages": [still, whole]})  # the others go without
    valid({**fgm, "rates": {"shape": "bands", "bands": [0, 0.5, 1], "embeddings": 1e-5}})


# --- stages --------------------------------------------------------------------------------------


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
