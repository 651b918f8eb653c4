"""Every experiment that is shipped: it loads, says what it is, and fits its competition."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from foldwise.settings import (
    Range,
    Settings,
    checked_settings,
    experiment_table,
    load_experiment,
    small_form,
    tuned_experiment,
)
from foldwise.settings.combinations import unfit_for, unfit_for_layers

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "experiments").glob("*.toml"))
TUNED = sorted((ROOT / "experiments").glob("*-tune.toml"))
NAMED = [path.stem for path in SHIPPED]
LAYERS = {  # of the encoders they name
    "minilm-l6": 6,
    "roberta-base": 12,
    "roberta-large": 24,
    "bert-base-uncased": 12,
    "distilbert-base-uncased": 6,
    "xlnet-base-cased": 12,
    "xlm-mlm-en-2048": 12,
}
WHAT_TO_EXPECT = ("measured", "ublished", "Expect", "floor")
shipped = pytest.mark.parametrize("path", SHIPPED, ids=NAMED)


def chosen_in(path: Path) -> Settings:
    """The experiment's settings; of one with ranges, those that tuning tries first."""
    if path not in TUNED:
        return load_experiment(path)
    tuned = tuned_experiment(experiment_table(path), path.name)
    return tuned.settings(tuned.defaults())


def competition_of(chosen: Settings) -> dict[str, Any]:
    path = ROOT / "input" / chosen.competition / "competition.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_competitions_of_the_field_and_their_families_are_there() -> None:
    families = ["bert-base", "distilbert", "minilm", "roberta-base", "xlm", "xlnet-base"]
    wanted = {f"samr-{family}" for family in families}
    wanted |= {"samr-roberta-base-ulmfit", "samr-minilm-ulmfit", "movie-sentiment-minilm-ulmfit"}
    wanted |= {f"commonlit-{encoder}" for encoder in ("minilm", "roberta-base", "roberta-large")}
    assert wanted <= set(NAMED)


@shipped
def test_two_comment_lines_say_what_it_is_and_what_to_expect(path: Path) -> None:
    what, expected, first, *_ = path.read_text(encoding="utf-8").splitlines()
    assert what.startswith("# ")
    assert expected.startswith("# ")
    assert any(word in expected for word in WHAT_TO_EXPECT), expected
    assert first == f'competition = "{chosen_in(path).competition}"'


@shipped
def test_it_is_named_after_its_competition(path: Path) -> None:
    assert path.stem.startswith(f"{chosen_in(path).competition}-")


@shipped
def test_its_settings_make_sense_in_its_competition(path: Path) -> None:
    chosen = chosen_in(path)
    facts = competition_of(chosen)
    complaints = unfit_for(
        chosen, facts["task"], facts.get("labels", ()), has_target_sd="target_sd" in facts
    )
    assert complaints == []


@shipped
def test_its_settings_make_sense_with_its_encoders_layers(path: Path) -> None:
    chosen = chosen_in(path)
    if chosen.kind == "encoder":
        assert unfit_for_layers(chosen, LAYERS[chosen.encoder.name]) == []
        assert chosen.pooling.layers <= LAYERS[chosen.encoder.name]


@shipped
def test_its_small_form_is_valid(path: Path) -> None:
    small = small_form(chosen_in(path))
    assert checked_settings(small.model_dump(mode="json"), path.name) == small


@shipped
def test_it_says_nothing_that_is_a_default(path: Path) -> None:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    plain = Settings(competition=table["competition"]).model_dump(mode="json")
    encoder = {"name", "max_length"}  # said always: they are what it is about
    repeated = [
        f"{section}.{key}"
        for section, values in table.items()
        if isinstance(values, dict)
        for key, value in values.items()
        if plain[section][key] == value and not (section == "encoder" and key in encoder)
        if (section, key) not in {("rates", "head"), ("rates", "top"), ("rates", "span")}
    ]
    assert repeated == []


@pytest.mark.parametrize("path", TUNED, ids=lambda p: p.stem)
def test_what_is_tried_first_is_the_experiment_it_tunes(path: Path) -> None:
    tuned = tuned_experiment(experiment_table(path), path.name)
    base = load_experiment(path.with_name(f"{path.stem.removesuffix('-tune')}.toml")).flat()
    first = tuned.settings(tuned.defaults()).flat()
    ranges = {tunable.name for tunable in tuned.ranges}
    assert {"rates.head", "rates.top", "rates.decay", "schedule.warmup"} <= ranges
    differing = {key for key in first if first[key] != base[key]}
    # RoBERTa's rates rise in steps there, and fall by a decay here
    expected = {"rates.shape", "rates.decay", "rates.every"} if "roberta" in path.stem else set()
    assert differing == expected
    decay = next(tunable for tunable in tuned.ranges if tunable.name == "rates.decay")
    assert isinstance(decay, Range)
    assert decay.high == 1.0


@pytest.mark.parametrize("path", [p for p in SHIPPED if "ulmfit" in p.stem], ids=lambda p: p.stem)
def test_gradual_unfreezing_goes_from_the_head_down_at_falling_rates(path: Path) -> None:
    chosen = chosen_in(path)
    assert [stage.train for stage in chosen.stages] == ["head", 1, 2, "all"]
    assert [stage.epochs for stage in chosen.stages] == [1, 1, 1, 2]
    for above, below in pairwise(chosen.stages):
        assert below.rates.top == pytest.approx(above.rates.top / 2)
    for stage in chosen.stages:  # the rest is said once, for all stages
        assert (stage.rates.shape, stage.rates.decay) == ("slice", 0.95)
        assert (stage.schedule.kind, stage.schedule.beta1_at_peak) == ("one_cycle", 0.7)
    assert chosen.optimizer.beta1 == 0.8
    assert chosen.training.batch_size == 16
    assert chosen.pooling.kind == "first"  # no group "pooling": embeddings, n layers, head
