import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import UsageError
from foldwise.settings import Settings, checked_settings, dump_toml, load_experiment
from tests.settings.tables import complaints_of, valid

STAGED = """
competition = "tiny"
[rates]
head = 1e-2
groups = { "head 0" = 1e-3 }
[[stages]]
epochs = 1
train = "head"
[[stages]]
epochs = 2
[stages.rates]
top = 1e-6
"""


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "minilm.toml"
    path.write_text('competition = "tiny"\n[rates]\ntop = 3e-5\n')
    return path


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    path = tmp_path / "staged.toml"
    path.write_text(STAGED)
    return path


def test_an_experiment_says_only_what_differs_from_the_defaults(experiment: Path) -> None:
    chosen = load_experiment(experiment)
    expected = Settings(competition="tiny")
    assert chosen == expected.model_copy(
        update={"rates": expected.rates.model_copy(update={"top": 3e-5})}
    )


@pytest.mark.parametrize("literal", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("key", ["optimizer.weight_decay", "training.epochs", "rates.top"])
def test_no_setting_is_nan_or_infinite(experiment: Path, key: str, literal: str) -> None:
    with pytest.raises(UsageError, match=f"{key} must be "):
        load_experiment(experiment, [f"{key}={literal}"])


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


def test_a_range_inside_a_stage_is_named_too() -> None:
    stages = [{"epochs": 1}, {"epochs": 1, "rates": {"top": {"low": 1e-6, "high": 1e-4}}}]
    (complaint,) = complaints_of({"stages": stages})
    assert complaint.startswith("stages.1.rates.top is a range, which only tuning resolves")


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
        ("encoder.frozen=embeddings", "encoder.frozen", "embeddings"),
        ("encoder.frozen=2", "encoder.frozen", 2),
        ("head.hidden=[64, 32]", "head.hidden", [64, 32]),
        ("rates.groups={'head 0' = 1e-3}", "rates.groups.head 0", 1e-3),
        ("rates.groups.head 0=1e-3", "rates.groups.head 0", 1e-3),
        ('rates.groups."head 0"=1e-3', "rates.groups.head 0", 1e-3),
        ("stages=[{epochs = 3, train = 1}]", "stages.0.train", 1),
        ("competition=other", "competition", "other"),
    ],
)
def test_an_override_has_the_type_it_looks_like(
    experiment: Path, override: str, key: str, value: object
) -> None:
    assert load_experiment(experiment, [override]).flat()[key] == value


def test_a_list_stands_for_lengths_of_two(tmp_path: Path) -> None:
    path = tmp_path / "words.toml"
    path.write_text('competition = "tiny"\nkind = "tfidf"\n')
    assert load_experiment(path, ["tfidf.words=[1, 3]"]).tfidf.words == (1, 3)


def test_the_last_override_wins_and_the_rest_of_the_table_stays(experiment: Path) -> None:
    chosen = load_experiment(experiment, ["rates.head=1e-2", "rates.head=1e-4"])
    assert (chosen.rates.head, chosen.rates.top) == (1e-4, 3e-5)


def test_an_override_reaches_into_a_stage_by_its_number(staged: Path) -> None:
    chosen = load_experiment(staged, ["stages.1.epochs=3", "stages.0.rates.head=2e-2"])
    assert chosen.stages[1].epochs == 3
    assert [stage.rates.head for stage in chosen.stages] == [2e-2, 1e-2]


def test_an_override_of_all_rates_reaches_the_stages_that_inherit_them(staged: Path) -> None:
    chosen = load_experiment(staged, ["rates.top=5e-5"])
    assert [stage.rates.top for stage in chosen.stages] == [5e-5, 1e-6]


def test_overrides_that_are_none_are_refused_all_at_once(staged: Path) -> None:
    wrong = ["seed", "=3", "seed=1", "seed.more=2", "rates.head.low.x=1"]
    wrong += ["stages.2.epochs=1", "stages.x.epochs=1", "stages.0=1"]
    with pytest.raises(UsageError) as caught:
        load_experiment(staged, wrong)
    assert caught.value.complaints == (
        "an override is key=value, such as rates.top=2e-5: got 'seed'",
        "an override is key=value, such as rates.top=2e-5: got '=3'",
        "'seed.more' is no setting: 'seed' holds a value, no table",
        "'rates.head.low.x' is no setting: 'head' holds a value, no table",
        "'stages.2.epochs' is no setting: '2' is no number of a table; there are 2, and the first "
        "has 0",
        "'stages.x.epochs' is no setting: 'x' is no number of a table; there are 2, and the first "
        "has 0",
        "'stages.0' is no setting: 'stages' holds tables; set a value in one",
    )


@pytest.mark.parametrize(
    ("override", "advice"),
    [
        ("stages.0.epochs=2", ", or say it of the whole training: training.epochs"),
        ("stages.1.rates.top=1e-5", ", or say it of the whole training: rates.top"),
        ("stages.0.rates.groups.head=1e-5", ", or say it of the whole training: rates.groups.head"),
        ("stages.0.train=2", ""),  # which only stages have
        ("stages.epochs=2", ", or say it of the whole training: training.epochs"),
        ("stages.0=2", ""),
    ],
)
def test_an_override_of_a_stage_needs_stages(experiment: Path, override: str, advice: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_experiment(experiment, [override])
    key = override.partition("=")[0]
    assert caught.value.complaints == (
        f"{key!r} is of a stage, but the experiment has none; write [[stages]] into its "
        f"file{advice}",
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "rates.top={low=1",
            "rates.top: a value that begins with { is a range, such as { low = 1e-6, high = 1e-4 } "
            "that ends in }, got '{low=1'",
        ),
        ("rates.top={low=1 high=2}", "got '{low=1 high=2}' (Unclosed inline table"),
        ("training.folds=[0,1", "[ is a list, such as [1, 2] that ends in ], got '[0,1'"),
        ('encoder.name="abc', 'begins with " is a quoted text that ends in "'),
    ],
)
def test_what_opens_and_does_not_close_is_no_word(
    experiment: Path, override: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        load_experiment(experiment, [override])
    (complaint,) = caught.value.complaints
    assert message in complaint


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


SHARES = st.floats(min_value=0, max_value=1)
POSITIVE = st.floats(min_value=1e-300, max_value=1)
GROUPS = st.dictionaries(st.text(), POSITIVE, max_size=3)
RATES = st.fixed_dictionaries(
    {"head": POSITIVE, "top": POSITIVE}, optional={"groups": GROUPS}
)  # the head learns, so that something does
STAGES = st.fixed_dictionaries(
    {"epochs": st.floats(1e-300, 1e300), "rates": RATES},
    optional={
        "train": st.sampled_from(["all", "head"]) | st.integers(1, 99),
        "schedule": st.fixed_dictionaries({"warmup": SHARES}),
    },
)
ENCODERS = st.fixed_dictionaries(
    {"competition": st.text()},
    optional={
        "seed": st.integers(0, 2**31 - 1),
        "encoder": st.fixed_dictionaries(
            {"name": st.text(), "dropout": st.sampled_from([0.0, "auto"])},  # others: if it learns
            optional={"max_length": st.integers(4, 8192)},
        ),
        "pooling": st.fixed_dictionaries({"beside": st.sampled_from(["none", "first"])}),
        "head": st.fixed_dictionaries({"hidden": st.lists(st.integers(1, 10**30), max_size=3)}),
        "optimizer": st.fixed_dictionaries(
            {"epsilon": st.floats(0, exclude_min=True, allow_infinity=False)}
        ),
        "stages": st.lists(STAGES, max_size=3),
        "training": st.fixed_dictionaries({"batch_size": st.integers(1, 10**30)}),
    },
)
WORDS = st.fixed_dictionaries(
    {
        "competition": st.text(),
        "kind": st.just("tfidf"),
        "tfidf": st.fixed_dictionaries(
            {"words": st.tuples(st.integers(1, 3), st.integers(3, 9)).map(list)}
        ),
    }
)


def round_trip(folder: Path, chosen: Settings) -> Settings:
    path = folder / "settings.toml"
    path.write_text(dump_toml(chosen), encoding="utf-8", newline="")
    return load_experiment(path)


@given(table=ENCODERS | WORDS)
def test_settings_written_as_toml_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]
) -> None:
    chosen = checked_settings(table, "the test")
    assert round_trip(tmp_path_factory.getbasetemp(), chosen) == chosen


def test_stages_and_groups_of_rates_read_back_equal(staged: Path, tmp_path: Path) -> None:
    chosen = load_experiment(staged)
    assert chosen.stages[1].rates.groups == {"head 0": 1e-3}
    assert round_trip(tmp_path, chosen) == chosen
    # a stage without any, below rates that have some
    stages = [{"epochs": 1, "rates": {"groups": {}}}, {"epochs": 1}]
    bare = valid({"rates": {"groups": {"head 0": 0.1}}, "stages": stages})
    assert bare.stages[0].rates.groups == {}
    assert round_trip(tmp_path, bare) == bare


@pytest.mark.parametrize("name", ["head 0", "a.b", "", 'a "quoted" one', "ü", "a\nb", "=", "\x7f"])
def test_a_key_of_any_letters_is_quoted_where_it_must_be(name: str, tmp_path: Path) -> None:
    chosen = valid({"rates": {"groups": {name: 0.5}}})
    assert tomllib.loads(dump_toml(chosen))["rates"]["groups"] == {name: 0.5}
    assert round_trip(tmp_path, chosen) == chosen


def test_every_setting_is_written_so_that_new_defaults_change_no_old_run() -> None:
    for table in ({}, {"stages": [{"epochs": 1, "train": "head"}, {"epochs": 2}]}):
        chosen = valid(table)
        written = tomllib.loads(dump_toml(chosen))
        assert written == json.loads(chosen.model_dump_json())


def test_a_fault_is_looked_for_where_it_may_stand(experiment: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load_experiment(experiment, ["rates.tpo=1e-4"])
    (told,) = raised.value.complaints
    assert told.startswith(f"{experiment} and the command line: unknown setting 'rates.tpo'")
    experiment.write_text("[rates]\ntpo = 1e-4\n")
    with pytest.raises(UsageError) as raised:
        load_experiment(experiment)
    assert all(told.startswith(f"{experiment}: ") for told in raised.value.complaints)
