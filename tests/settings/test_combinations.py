from typing import Any

import pytest

from foldwise.settings import Settings, Tfidf
from foldwise.settings.combinations import (
    CLASSIFICATION_LOSSES,
    READ,
    REGRESSION_LOSSES,
    Task,
    unfit_for,
    unfit_for_layers,
    without_effect,
)
from tests.settings.tables import changed, complaints_of, valid

NEEDED: dict[str, tuple[object, str, dict[str, Any]]] = {
    # a setting, a value that is not its default, what it needs, and a table that has it
    "pooling.hidden": (64, "the attention pooling", {"pooling": {"kind": "attention"}}),
    "pooling.form": ("gelu", "the attention pooling", {"pooling": {"beside": "attention"}}),
    "pooling.k": (2, "the top_k pooling", {"pooling": {"kind": "top_k"}}),
    "pooling.units": (8, "the lstm or gru pooling", {"pooling": {"kind": "gru"}}),
    "pooling.combine": ("weighted", "pooling.layers of 2 or more", {"pooling": {"layers": 2}}),
    "rates.pooling": (
        0.1,
        "a pooling with parameters, such as attention",
        {"pooling": {"bottleneck": 8}},
    ),
    "head.activation": (
        "tanh",
        "head.hidden, which makes an MLP",
        {"head": {"hidden": [8]}},
    ),
    "head.dropout_samples": (5, "head.dropout above 0", {"head": {"dropout": 0.5}}),
    "loss.delta": (0.5, 'loss.kind="smooth_l1" or "huber"', {"loss": {"kind": "huber"}}),
    "loss.gamma": (1.0, 'loss.kind="focal"', {"loss": {"kind": "focal"}}),
    "loss.softness": (1.0, 'loss.kind="soft"', {"loss": {"kind": "soft"}}),
    "loss.smoothing": (0.1, 'loss.kind="cross_entropy" or "focal"', {}),
    "regularization.adversarial_size": (
        0.1,
        'regularization.adversarial="fgm" or "awp"',
        {"regularization": {"adversarial": "awp"}},
    ),
    "regularization.adversarial_from": (
        0.5,
        'regularization.adversarial="fgm" or "awp"',
        {"regularization": {"adversarial": "fgm"}},
    ),
    "averaging.decay": (0.9, 'averaging.kind="ema"', {"averaging": {"kind": "ema"}}),
    "averaging.start": (0.9, 'averaging.kind="swa"', {"averaging": {"kind": "swa"}}),
    "averaging.every": (3, 'averaging.kind="swa"', {"averaging": {"kind": "swa"}}),
    "training.epochs": (3.0, "no [[stages]], which have their own", {}),
    "training.patience": (3, 'training.keep="best"', {}),
    "training.collapse_restarts": (1, "training.collapse_steps above 0", {}),
}
AWAY: dict[str, dict[str, Any]] = {  # what takes away what is there by default
    "loss.smoothing": {"loss": {"kind": "soft"}},
    "training.epochs": {"stages": [{"epochs": 1}]},
    "training.patience": {"training": {"keep": "last"}},
    "training.collapse_restarts": {"training": {"collapse_steps": 0}},
}


def test_an_experiment_of_defaults_is_not_refused() -> None:
    assert without_effect(Settings(competition="a")) == []
    assert without_effect(Settings(competition="a", kind="tfidf")) == []


def test_every_setting_that_is_read_under_a_condition_exists() -> None:
    known = Settings(competition="a").flat()
    assert [key for read in READ for key in read.keys if key not in known] == []


def test_every_condition_has_its_case_here() -> None:
    assert {key for read in READ for key in read.keys} == NEEDED.keys()


@pytest.mark.parametrize("key", NEEDED)
def test_a_setting_that_nothing_would_read_is_refused_with_what_it_needs(key: str) -> None:
    value, needs, _ = NEEDED[key]
    expected = f"{key}={value!r} would do nothing: it needs {needs}"
    assert complaints_of(changed(AWAY.get(key, {}), key, value)) == [expected]


@pytest.mark.parametrize("key", NEEDED)
def test_a_setting_that_something_reads_is_taken(key: str) -> None:
    value, _, table = NEEDED[key]
    assert valid(changed(table, key, value)).flat()[key] == value


@pytest.mark.parametrize("key", NEEDED)
def test_a_default_may_be_said_where_nothing_reads_it(key: str) -> None:
    default = Settings(competition="a").flat()[key]
    assert valid(changed(AWAY.get(key, {}), key, default)).flat()[key] == default


def test_settings_of_the_other_kind_of_model_would_do_nothing() -> None:
    assert complaints_of({"tfidf": {"penalty": 3}}) == [
        "tfidf.penalty=3.0 would do nothing: it needs kind='tfidf'"
    ]
    table = {"kind": "tfidf", "rates": {"top": 3e-5, "groups": {"a": 0.5}}}
    reads = (
        "kind='tfidf' reads competition, kind, seed, hardware, tfidf, tracking, training.rows and"
    )
    assert complaints_of({**table, "stages": [{"epochs": 3}]})[:3] == [
        f"rates.top=3e-05 would do nothing: {reads} training.folds only",
        f"rates.groups.a=0.5 would do nothing: {reads} training.folds only",
        f"stages.0.epochs=3.0 would do nothing: {reads} training.folds only",
    ]


def test_what_tfidf_reads_is_taken() -> None:
    table = {"kind": "tfidf", "seed": 1, "training": {"rows": 9, "folds": 2}}
    assert valid({**table, "tfidf": {"penalty": 3}}).tfidf == Tfidf(penalty=3)


# --- in a competition ----------------------------------------------------------------------------


def unfit(
    table: dict[str, Any], task: Task = "regression", classes: int = 0, *, sd: bool = True
) -> list[str]:
    return unfit_for(valid(table), task, [str(i) for i in range(classes)], has_target_sd=sd)


@pytest.mark.parametrize("kind", ["auto", *REGRESSION_LOSSES])
def test_a_loss_of_values_is_for_a_regression(kind: str) -> None:
    table = {"loss": {"kind": kind}}
    assert unfit(table) == []
    if kind != "auto":
        (complaint, *_) = unfit(table, "classification", 5)
        assert complaint == (
            f"loss.kind={kind!r} is not for a classification: choose one of cross_entropy, focal, "
            f"soft, ordinal"
        )


@pytest.mark.parametrize("kind", ["auto", *CLASSIFICATION_LOSSES])
def test_a_loss_of_classes_is_for_a_classification(kind: str) -> None:
    table = {"loss": {"kind": kind}}
    assert unfit(table, "classification", 5) == []
    if kind != "auto":
        assert unfit(table) == [
            f"loss.kind={kind!r} is not for a regression: choose one of mse, rmse, smooth_l1, "
            f"huber, bce, gaussian, kl, ranking"
        ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"loss": {"smoothing": 0.1}}, "loss.smoothing smooths labels, and a regression has none"),
        ({"head": {"kind": "ordinal"}}, "head.kind='ordinal' is for ordered classes, not for a"),
        (
            {"regularization": {"r_drop": 1}},
            "regularization.r_drop compares two passes that differ by dropout alone, and there is",
        ),
    ],
)
def test_what_a_regression_has_no_use_for_is_refused(table: dict[str, Any], message: str) -> None:
    (complaint,) = unfit(table)
    assert complaint.startswith(message)
    assert unfit(table, "classification", 5) == []


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        ({"head": {"kind": "ordinal"}}, "head.kind='ordinal'"),
        ({"loss": {"kind": "ordinal"}}, "loss.kind='ordinal'"),
        ({"loss": {"kind": "soft"}}, "loss.kind='soft'"),
    ],
)
def test_two_classes_have_no_order(table: dict[str, Any], setting: str) -> None:
    assert unfit(table, "classification", 2) == [
        f"{setting} needs three ordered classes at least, and here are 2: with two it is what the "
        f"default is"
    ]
    assert unfit(table, "classification", 3) == []


@pytest.mark.parametrize(
    ("table", "setting"),
    [
        ({"loss": {"kind": "kl"}}, "loss.kind='kl'"),
        ({"loss": {"weights": "target_sd"}}, "loss.weights='target_sd'"),
    ],
)
def test_the_raters_noise_must_be_known_to_be_used(table: dict[str, Any], setting: str) -> None:
    assert unfit(table) == []
    assert unfit(table, sd=False) == [
        f"{setting} needs the raters' noise: name its column as target_sd in competition.toml, or "
        f"choose another"
    ]


@pytest.mark.parametrize("key", ["encoder.dropout", "head.dropout", "encoder.layer_drop"])
def test_r_drop_needs_dropout_of_some_kind(key: str) -> None:
    assert unfit(changed({"regularization": {"r_drop": 1}}, key, 0.1)) == []
    without = {"encoder": {"dropout": 0.0}, "regularization": {"r_drop": 1}}
    assert len(unfit(without, "classification", 5)) == 1


@pytest.mark.parametrize(
    "still",
    [
        {"encoder": {"frozen": "all"}},
        {"stages": [{"epochs": 1, "train": "head"}]},
        {"rates": {"top": 0}},
        {"stages": [{"epochs": 1, "train": 1, "rates": {"top": 0}}]},
    ],
)
def test_r_drop_above_an_encoder_that_never_learns_needs_dropout_in_the_head(
    still: dict[str, Any],
) -> None:
    # what never learns computes as in a prediction: the encoder's own dropout drops nothing
    table = changed(still, "regularization.r_drop", 1)
    complaint = (
        "regularization.r_drop compares two passes that differ by dropout alone, and there is none "
        "where something learns: set head.dropout above 0, or encoder.dropout in an encoder that "
        "learns"
    )
    assert unfit(table, "classification", 5) == [complaint]
    assert unfit(table) == [complaint]
    assert unfit(changed(table, "head.dropout", 0.1), "classification", 5) == []
    stages = [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": 1}]
    some = {"regularization": {"r_drop": 1}, "stages": stages}
    assert unfit(some, "classification", 5) == []


def test_nothing_is_unfit_for_tfidf_or_in_an_experiment_of_defaults() -> None:
    for table in ({}, {"kind": "tfidf"}):
        assert unfit(table, sd=False) == []
        assert unfit(table, "classification", 2, sd=False) == []


# --- with an encoder -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "complaints"),
    [
        ({}, []),
        ({"encoder": {"frozen": "embeddings", "reinitialise": 6}}, []),
        ({"encoder": {"frozen": 6}}, []),
        ({"encoder": {"frozen": 4, "reinitialise": 2}}, []),
        ({"encoder": {"frozen": 4}, "stages": [{"epochs": 1, "train": 2}]}, []),
        (
            {
                "encoder": {"reinitialise": 2},
                "stages": [{"epochs": 1, "train": "head"}, {"epochs": 1}],
            },
            [],
        ),
        (
            {"encoder": {"reinitialise": 2}, "rates": {"groups": {"layer 5": 0}}},
            [
                "encoder.reinitialise=2 fills layer 5 of the encoder's 6 with random weights, and "
                "no stage trains it: lower it, or let it learn"
            ],
        ),
        (
            {"encoder": {"reinitialise": 3}, "rates": {"shape": "bands", "bands": [1, 0, 1]}},
            [
                "encoder.reinitialise=3 fills layer 3 of the encoder's 6 with random weights, and "
                "no stage trains it: lower it, or let it learn"
            ],
        ),
        (
            {
                "encoder": {"layer_drop": 0.1},
                "rates": {"groups": {f"layer {i}": 0 for i in range(6)}},
            },
            [
                "encoder.layer_drop=0.1 makes no sense where no stage trains a layer of the "
                "encoder (see encoder.frozen='none', rates and train): leave it out, or let a "
                "layer of the encoder learn"
            ],
        ),
        (
            {"encoder": {"frozen": 7}},
            ["encoder.frozen=7 is more than the 6 layers of the encoder: lower it"],
        ),
        (
            {"encoder": {"reinitialise": 7}},
            ["encoder.reinitialise=7 is more than the 6 layers of the encoder: lower it"],
        ),
        (
            {"stages": [{"epochs": 1, "train": "head"}, {"epochs": 1, "train": 9}]},
            ["stages.1.train=9 is more than the 6 layers of the encoder: lower it"],
        ),
        (
            {"encoder": {"frozen": 5, "reinitialise": 2}},
            [
                "encoder.reinitialise=2 and encoder.frozen=5 are more than the encoder's 6 layers: "
                "a layer cannot both stay as it is and change; lower one of them"
            ],
        ),
        (
            {"encoder": {"frozen": 5}, "stages": [{"epochs": 1, "train": 2}]},
            [
                "stages.0.train=2 and encoder.frozen=5 are more than the encoder's 6 layers: "
                "a layer cannot both stay as it is and change; lower one of them"
            ],
        ),
    ],
)
def test_there_must_be_as_many_layers_as_settings_speak_of(
    table: dict[str, Any], complaints: list[str]
) -> None:
    assert unfit_for_layers(valid(table), 6) == complaints


def test_words_are_counted_by_one_process() -> None:
    assert complaints_of({"kind": "tfidf", "hardware": {"processes": 2}}) == [
        "hardware.processes=2 would do nothing: it needs kind='encoder'"
    ]
