import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import UsageError
from foldwise.settings import (
    Settings,
    checked_settings,
    dump_toml,
    load_experiment,
    small_form,
)


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "minilm.toml"
    path.write_text('competition = "tiny"\n[rates]\ntop = 3e-5\n')
    return path


def complaints_of(table: dict[str, Any]) -> list[str]:
    with pytest.raises(UsageError) as caught:
        checked_settings({"competition": "tiny", **table}, "x.toml")
    return list(caught.value.complaints)


def test_an_experiment_says_only_what_differs_from_the_defaults(experiment: Path) -> None:
    chosen = load_experiment(experiment)
    expected = Settings(competition="tiny")
    assert chosen == expected.model_copy(
        update={"rates": expected.rates.model_copy(update={"top": 3e-5})}
    )


def test_unknown_keys_are_refused_all_at_once_with_the_nearest_names() -> None:
    table = {"encodr": {}, "rates": {"topp": 1e-5}, "zzz": 1, "head": {"decay": 1}}
    assert complaints_of(table) == [
        "x.toml: unknown setting 'head.decay'; known: activation, dropout, dropout_samples, "
        "hidden, kind, norm",
        "x.toml: unknown setting 'rates.topp'; did you mean 'rates.top'?",
        "x.toml: unknown setting 'encodr'; did you mean 'encoder'?",
        "x.toml: unknown setting 'zzz'; known: averaging, competition, encoder, hardware, head, "
        "kind, loss, optimizer, pooling, rates, regularization, schedule, seed, stages, tfidf, "
        "training",
    ]


def test_a_competition_is_the_only_thing_that_must_be_said() -> None:
    with pytest.raises(UsageError, match="the setting 'competition' is missing; add it"):
        checked_settings({}, "x.toml")
    assert checked_settings({"competition": "a"}, "x.toml") == Settings(competition="a")


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("rates", "top", 1.5, "rates.top must be less than or equal to 1, got 1.5"),
        ("rates", "top", -1e-5, "rates.top must be greater than or equal to 0, got -1e-05"),
        ("rates", "decay", 0, "rates.decay must be greater than 0, got 0"),
        ("training", "batch_size", 0, "training.batch_size must be greater than or equal to 1, "),
        ("encoder", "max_length", 9000, "must be less than or equal to 8192, got 9000"),
        (
            "pooling",
            "kind",
            "maxx",
            "pooling.kind must be 'mean', 'first', 'max', 'min', 'top_k', 'attention', 'gem', "
            "'lstm', 'gru' or 'flatten', got 'maxx'",
        ),
        ("encoder", "dropout", 2.0, "encoder.dropout must be less than or equal to 1 or 'auto', "),
        ("rates", "embeddings", "x", "rates.embeddings must be a valid number or 'auto', got 'x'"),
        ("tfidf", "words", [2, 1], "tfidf.words: the shortest length comes first, got [2, 1]"),
        ("tfidf", "words", [1], "the setting 'tfidf.words.1' is missing; add it"),
    ],
)
def test_a_value_out_of_its_range_is_refused_with_the_rule_and_the_value(
    section: str, key: str, value: object, message: str
) -> None:
    (complaint,) = complaints_of({section: {key: value}})
    assert complaint.startswith("x.toml: ")
    assert message in complaint


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"seed": True}, "seed must be a valid integer, got True"),
        ({"seed": "42"}, "seed must be a valid integer, got '42'"),
        ({"seed": 1.5}, "seed must be a valid integer, got 1.5"),
        (
            {"training": {"cache_frozen": "yes"}},
            "training.cache_frozen must be a valid boolean, got 'yes'",
        ),
        ({"encoder": {"name": 7}}, "encoder.name must be a valid string, got 7"),
        ({"optimizer": {"max_norm": "3"}}, "optimizer.max_norm must be a valid number, got '3'"),
        ({"rates": 3}, "rates must be an object, got 3"),
    ],
)
def test_a_value_of_another_type_is_refused_rather_than_converted(
    table: dict[str, Any], message: str
) -> None:
    assert complaints_of(table) == [f"x.toml: {message}"]


@pytest.mark.parametrize("literal", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("key", ["optimizer.weight_decay", "training.epochs", "rates.top"])
def test_no_setting_is_nan_or_infinite(experiment: Path, key: str, literal: str) -> None:
    with pytest.raises(UsageError, match=f"{key} must be "):
        load_experiment(experiment, [f"{key}={literal}"])


def test_a_whole_number_will_do_for_a_fraction() -> None:
    chosen = checked_settings({"competition": "a", "training": {"epochs": 3}}, "x.toml")
    assert chosen.training.epochs == 3.0


def test_a_date_is_a_value_of_another_type() -> None:
    (complaint,) = complaints_of(tomllib.loads("seed = 2026-01-02"))
    assert "seed must be a valid integer" in complaint


@pytest.mark.parametrize(
    "literal",
    ["{ low = 1e-6, high = 1e-4, log = true }", '{ choices = ["mean", "attention"] }'],
)
def test_a_range_is_for_tuning_only(experiment: Path, literal: str) -> None:
    experiment.write_text(f'competition = "tiny"\n[rates]\ntop = {literal}\n')
    with pytest.raises(
        UsageError, match=r"rates\.top is a range, which only tuning resolves; give"
    ):
        load_experiment(experiment)
    # an override puts a value in its place
    assert load_experiment(experiment, ["rates.top=2e-5"]).rates.top == 2e-5


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("seed=7", "seed", 7),
        ("rates.top=2e-5", "rates.top", 2e-5),
        (" rates.top = 1 ", "rates.top", 1.0),
        ("training.cache_frozen=false", "training.cache_frozen", False),
        ("pooling.kind=attention", "pooling.kind", "attention"),
        ('pooling.kind="attention"', "pooling.kind", "attention"),
        ("encoder.name=FacebookAI/roberta-base", "encoder.name", "FacebookAI/roberta-base"),
        ("encoder.name=/a=b", "encoder.name", "/a=b"),
        ("encoder.name='123'", "encoder.name", "123"),
        ("encoder.dropout=auto", "encoder.dropout", "auto"),
        ("tfidf.words=[1, 3]", "tfidf.words", [1, 3]),
        ("competition=other", "competition", "other"),
    ],
)
def test_an_override_has_the_type_it_looks_like(
    experiment: Path, override: str, key: str, value: object
) -> None:
    assert load_experiment(experiment, [override]).flat()[key] == value


def test_the_last_override_wins_and_the_rest_of_the_table_stays(experiment: Path) -> None:
    chosen = load_experiment(experiment, ["rates.head=1e-2", "rates.head=1e-4"])
    assert (chosen.rates.head, chosen.rates.top) == (1e-4, 3e-5)


def test_overrides_that_are_none_are_refused_all_at_once(experiment: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_experiment(experiment, ["seed", "=3", "seed=1", "seed.more=2", "rates.top.low.x=1"])
    assert caught.value.complaints == (
        "an override is key=value, such as rates.top=2e-5: got 'seed'",
        "an override is key=value, such as rates.top=2e-5: got '=3'",
        "'seed.more' is no setting: 'seed' holds a value, no table",
        "'rates.top.low.x' is no setting: 'top' holds a value, no table",
    )


@pytest.mark.parametrize("override", ["rates.tpo=1", "rate.top=1", "seeed=1", "rates..top=1"])
def test_an_override_of_nothing_known_is_refused(experiment: Path, override: str) -> None:
    with pytest.raises(UsageError, match="unknown setting"):
        load_experiment(experiment, [override])


@pytest.mark.parametrize("data", [b"competition = ", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_what_is_no_toml_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"bad\.toml must be TOML in UTF-8: "):
        load_experiment(path)


def test_settings_that_are_gone_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no settings: \S+gone\.toml does not exist"):
        load_experiment(tmp_path / "gone.toml")


def test_settings_never_change() -> None:
    chosen = Settings(competition="a")
    with pytest.raises(ValueError, match="frozen"):
        chosen.seed = 3  # type: ignore[misc]  # the rule under test
    with pytest.raises(ValueError, match="frozen"):
        chosen.rates.top = 3e-5  # type: ignore[misc]  # the rule under test


SHARES = st.floats(min_value=0, max_value=1)
TABLES = st.fixed_dictionaries(
    {"competition": st.text()},
    optional={
        "kind": st.sampled_from(["encoder", "tfidf"]),
        "seed": st.integers(0, 2**31 - 1),
        "encoder": st.fixed_dictionaries(
            {"name": st.text(), "dropout": SHARES | st.just("auto")},
            optional={"max_length": st.integers(4, 8192)},
        ),
        "pooling": st.fixed_dictionaries({"beside": st.sampled_from(["none", "first"])}),
        "rates": st.fixed_dictionaries({"top": SHARES, "embeddings": SHARES | st.just("auto")}),
        "optimizer": st.fixed_dictionaries(
            {"epsilon": st.floats(0, exclude_min=True, allow_infinity=False)}
        ),
        "training": st.fixed_dictionaries(
            {"epochs": st.floats(1e-300, 1e300), "batch_size": st.integers(1, 10**30)}
        ),
        "tfidf": st.fixed_dictionaries(
            {"words": st.tuples(st.integers(1, 3), st.integers(3, 9)).map(list)}
        ),
    },
)


@given(table=TABLES)
def test_settings_written_as_toml_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]
) -> None:
    chosen = checked_settings(table, "the test")
    path = tmp_path_factory.getbasetemp() / "settings.toml"
    path.write_text(dump_toml(chosen), encoding="utf-8", newline="")
    assert load_experiment(path) == chosen


def test_every_setting_is_written_so_that_new_defaults_change_no_old_run() -> None:
    chosen = Settings(competition="a")
    written = tomllib.loads(dump_toml(chosen))
    assert written == chosen.model_dump(mode="json")


def test_flat_names_every_value_once_by_its_dotted_name() -> None:
    flat = Settings(competition="a").flat()
    assert flat["rates.top"] == 1e-4
    assert flat["tfidf.words"] == [1, 2]
    assert not any(isinstance(value, dict) for value in flat.values())


def test_the_small_form_takes_the_same_path_with_less() -> None:
    chosen = checked_settings({"competition": "a", "rates": {"top": 3e-5}}, "x.toml")
    small = small_form(chosen)
    differing = {key for key, value in small.flat().items() if value != chosen.flat()[key]}
    assert differing == {
        "encoder.max_length",
        "training.rows",
        "training.folds",
        "training.epochs",
        "training.evaluations_per_epoch",
    }
    assert (small.training.rows, small.training.folds, small.encoder.max_length) == (800, 2, 64)


def test_the_small_form_never_makes_anything_larger() -> None:
    table = {"training": {"rows": 100, "epochs": 0.5}, "encoder": {"max_length": 32}}
    small = small_form(checked_settings({"competition": "a", **table}, "x.toml"))
    assert (small.training.rows, small.training.epochs, small.encoder.max_length) == (100, 0.5, 32)


def test_the_small_form_is_valid() -> None:
    small = small_form(Settings(competition="a"))
    assert checked_settings(small.model_dump(mode="json"), "x.toml") == small
