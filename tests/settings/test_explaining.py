import tomllib
from typing import Any

import pytest

from foldwise.errors import UsageError
from foldwise.settings import Settings, checked_settings
from tests.settings.tables import complaints_of, valid


def test_unknown_keys_are_refused_all_at_once_with_the_nearest_names() -> None:
    table = {"encodr": {}, "rates": {"topp": 1e-5}, "zzz": 1, "head": {"zzz": 1}}
    assert complaints_of(table) == [
        "unknown setting 'head.zzz'; known: activation, dropout, dropout_samples, hidden, kind, "
        "norm",
        "unknown setting 'rates.topp'; did you mean 'rates.top'?",
        "unknown setting 'encodr'; did you mean 'encoder'?",
        "unknown setting 'zzz'; known: averaging, competition, encoder, hardware, head, kind, "
        "loss, optimizer, pooling, rates, regularization, schedule, seed, stages, tfidf, tracking, "
        "training",
    ]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"epochss": 1}, "unknown setting 'stages.0.epochss'; did you mean 'stages.0.epochs'?"),
        (
            {"rates": {"hed": 1}},
            "unknown setting 'stages.0.rates.hed'; did you mean 'stages.0.rates.head'?",
        ),
        ({"warmup": 0.1}, "unknown setting 'stages.0.warmup'; did you mean "
         "'stages.0.schedule.warmup'?"),
        ({"batch_size": 8}, "unknown setting 'stages.0.batch_size'; did you mean "
         "'training.batch_size'?"),
    ],
)  # fmt: skip
def test_the_nearest_name_inside_a_stage_is_its_full_one(
    table: dict[str, Any], message: str
) -> None:
    assert complaints_of({"stages": [{"epochs": 1, **table}]}) == [message]


@pytest.mark.parametrize(
    ("table", "meant"),
    [
        ({"batch_size": 8}, "'training.batch_size'"),
        ({"head": {"decay": 0.9}}, "'rates.decay' or 'averaging.decay'"),
        ({"encoder": {"mixout": 0.1}}, "'regularization.mixout'"),
    ],
)
def test_a_setting_of_another_section_is_named_with_its_section(
    table: dict[str, Any], meant: str
) -> None:
    (complaint,) = complaints_of(table)
    assert complaint.endswith(f"; did you mean {meant}?")


def test_what_a_stage_inherits_is_told_once_where_it_was_said() -> None:
    stages = [{"epochs": 1}, {"epochs": 1, "rates": {"top": 3}}, {"epochs": 0}]
    assert complaints_of({"rates": {"top": 2, "hed": 1}, "stages": stages}) == [
        "unknown setting 'rates.hed'; did you mean 'rates.head'?",
        "rates.top must be less than or equal to 1, got 2",
        "stages.1.rates.top must be less than or equal to 1, got 3",
        "stages.2.epochs must be greater than 0, got 0",
    ]


def test_a_competition_is_the_only_thing_that_must_be_said() -> None:
    with pytest.raises(UsageError, match="the setting 'competition' is missing; add it"):
        checked_settings({}, "x.toml")
    assert checked_settings({"competition": "a"}, "x.toml") == Settings(competition="a")


def test_a_stage_must_say_how_long_it_is() -> None:
    assert complaints_of({"stages": [{"train": "head"}]}) == [
        "the setting 'stages.0.epochs' is missing; add it"
    ]


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("rates", "top", 1.5, "rates.top must be less than or equal to 1, got 1.5"),
        ("rates", "top", -1e-5, "rates.top must be greater than or equal to 0, got -1e-05"),
        ("rates", "decay", 0, "rates.decay must be greater than 0, got 0"),
        ("rates", "bands", [1, 1], "the setting 'rates.bands.2' is missing; add it"),
        (
            "rates",
            "groups",
            {"head 0": 2},
            "rates.groups.head 0 must be less than or equal to 1, got 2",
        ),
        ("training", "batch_size", 0, "training.batch_size must be greater than or equal to 1, "),
        ("encoder", "max_length", 9000, "must be less than or equal to 8192, got 9000"),
        (
            "encoder",
            "frozen",
            "al",
            "encoder.frozen must be 'none', 'embeddings' or 'all' or a whole number, got 'al'",
        ),
        (
            "pooling",
            "kind",
            "maxx",
            "pooling.kind must be 'mean', 'first', 'max', 'min', 'top_k', 'attention', 'gem', "
            "'lstm', 'gru' or 'flatten', got 'maxx'",
        ),
        ("encoder", "dropout", 2.0, "encoder.dropout must be less than 1 or 'auto', "),
        ("rates", "embeddings", "x", "rates.embeddings must be a number or 'auto', got 'x'"),
        ("tfidf", "words", [2, 1], "tfidf.words: the shortest length comes first, got [2, 1]"),
        ("tfidf", "words", [1], "the setting 'tfidf.words.1' is missing; add it"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_the_rule_and_the_value(
    section: str, key: str, value: object, message: str
) -> None:
    (complaint,) = complaints_of({section: {key: value}})
    assert message in complaint


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"seed": True}, "seed must be a whole number, got True"),
        ({"seed": "42"}, "seed must be a whole number, got '42'"),
        ({"seed": 1.5}, "seed must be a whole number, got 1.5"),
        (
            {"training": {"cache_frozen": "yes"}},
            "training.cache_frozen must be a valid boolean, got 'yes'",
        ),
        ({"encoder": {"name": 7}}, "encoder.name must be a text, got 7"),
        ({"optimizer": {"max_norm": "3"}}, "optimizer.max_norm must be a number, got '3'"),
        ({"rates": 3}, "rates must be a table of settings, such as head.dropout=0.1, got 3"),
        (
            {"stages": {"epochs": 1}},
            "stages must be a list in brackets, such as [a, b], got {'epochs': 1}",
        ),
        ({"stages": [3]}, "stages.0 must be a table of settings, such as head.dropout=0.1, got 3"),
    ],
)
def test_a_value_of_another_type_is_refused_rather_than_converted(
    table: dict[str, Any], message: str
) -> None:
    assert complaints_of(table) == [message]


def test_a_whole_number_will_do_for_a_fraction() -> None:
    assert valid({"training": {"epochs": 3}}).training.epochs == 3.0


def test_a_date_is_a_value_of_another_type() -> None:
    (complaint,) = complaints_of(tomllib.loads("seed = 2026-01-02"))
    assert "seed must be a whole number" in complaint
