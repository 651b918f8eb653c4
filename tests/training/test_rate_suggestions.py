"""Suggestions on curves whose steepest point and minimum are known."""

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.settings import Rates, Settings, checked_settings
from foldwise.training.range_test import RangeTest
from foldwise.training.rate_suggestions import (
    overrides_of,
    scaled_rates,
    suggested_rates,
    too_high,
)
from foldwise.training.rates import layer_rates

GROUPS = ["embeddings", "layer 0", "layer 1", "layer 2", "pooling", "head"]
STEPS = 200


def curve(steepest: float, minimum: float, noise: float = 0.0) -> RangeTest:
    """A loss that falls in an S around `steepest`, is least at `minimum`, and then rises."""
    rates = np.geomspace(1e-7, 1.0, STEPS)
    x = np.log10(rates)
    losses = 1 / (1 + np.exp(6 * (x - np.log10(steepest))))
    losses += 0.3 * np.maximum(x - np.log10(minimum), 0) ** 2
    losses -= 1e-3 * np.minimum(x, np.log10(minimum))  # so that the flat part has one minimum
    raw = losses + noise * np.random.default_rng(1).standard_normal(STEPS)
    return RangeTest(
        "layer 2", 1e-4, tuple(rates), tuple(raw), (0.0,) * STEPS, tuple(losses), "highest"
    )


@given(st.floats(-5.5, -3.5), st.floats(1.5, 2.5))
def test_steepest_and_minimum_are_found_to_a_step(where: float, beyond: float) -> None:
    steepest, minimum = 10.0**where, 10.0 ** (where + beyond)
    found = suggested_rates(curve(steepest, minimum), STEPS)
    assert found.steepest == pytest.approx(steepest, rel=0.1)  # a step is 8 %
    assert found.minimum == pytest.approx(minimum / 10, rel=0.15)
    assert found.notes == ()
    assert list(found.by_name()) == ["steepest", "minimum / 10"]


def test_a_fall_that_batches_could_make_by_chance_is_said() -> None:
    assert suggested_rates(curve(1e-4, 1e-2, noise=0.2), STEPS).notes == ()
    noisy = suggested_rates(curve(1e-4, 1e-2, noise=10.0), STEPS)
    assert "no more than batches differ by chance" in noisy.notes[0]
    assert noisy.steepest is not None


def test_a_loss_that_never_falls_suggests_nothing() -> None:
    rising = curve(1e-9, 1e-9)
    found = suggested_rates(rising, STEPS)
    assert found.by_name() == {}
    assert found.notes == ("the loss never fell: lower --lowest, or take more --steps",)


def test_a_loss_that_falls_to_the_end_asks_for_higher_rates() -> None:
    found = suggested_rates(curve(1e-2, 10.0), STEPS)
    assert found.notes == ("the loss still fell at the highest rate: raise --highest",)


def test_a_test_that_ended_at_once_suggests_nothing() -> None:
    short = RangeTest("head", 1.0, (1e-3, 1e-2), (1.0, 9.0), (1.0, 1.0), (1.0, 5.0), "diverged")
    found = suggested_rates(short, 10)
    assert found.by_name() == {}
    assert found.notes == ("the loss diverged within 2 steps: lower --lowest",)


@pytest.mark.parametrize("factor", [0.05, 0.37, 4.0])
@pytest.mark.parametrize(
    "rates",
    [
        {},
        {"decay": 0.8, "embeddings": 2e-5, "pooling": 3e-3},
        {"shape": "linear", "span": 4.0, "every": 2, "groups": {"layer 1": 7e-5}},
        {"shape": "bands", "embeddings": 0.0},
        {"shape": "slice", "decay": 0.5, "groups": {"head": 2e-3}},
    ],
)
def test_ratios_between_groups_stay_those_of_the_experiment(
    rates: dict[str, Any], factor: float
) -> None:
    own = Rates(**rates)
    before, after = layer_rates(GROUPS, own), layer_rates(GROUPS, scaled_rates(own, factor))
    assert after == pytest.approx({k: v * factor for k, v in before.items()}, rel=1e-5)


def settings_of(**tables: Any) -> Settings:
    whole = {"competition": "any", "pooling": {"kind": "attention"}, **tables}
    return checked_settings(whole, "the test")


def overridden(tables: dict[str, Any], words: tuple[str, ...]) -> Settings:
    """The settings of `tables` with `words` pasted after them."""
    whole: Any = copy.deepcopy(tables)
    for word in words:
        key, _, value = word.partition("=")
        *sections, leaf = key.split(".")
        place = whole
        for section in sections:
            place = place[int(section)] if section.isdecimal() else place.setdefault(section, {})
        place[leaf] = float(value)
    return settings_of(**whole)


@pytest.mark.parametrize(
    ("tables", "stage", "words"),
    [
        ({}, 0, ("rates.top=2e-05", "rates.head=0.0002")),
        (
            {"rates": {"pooling": 2e-3, "embeddings": 1e-5, "groups": {"layer 0": 5e-5}}},
            0,
            ("rates.top=2e-05", "rates.head=0.0002", "rates.embeddings=2e-06",
             "rates.pooling=0.0004", "rates.groups.layer 0=1e-05"),
        ),
        ({"rates": {"shape": "slice", "top": 1e-3, "decay": 0.5}}, 0, ("rates.top=0.0002",)),
        (
            {"stages": [{"epochs": 1, "train": "head"}, {"epochs": 2, "rates": {"head": 5e-4}}]},
            1,
            ("stages.1.rates.top=2e-05", "stages.1.rates.head=0.0001"),
        ),
        (  # [rates] is read by this stage alone
            {"rates": {"head": 2e-3}, "stages": [{"epochs": 1}]},
            0,
            ("stages.0.rates.top=2e-05", "rates.head=0.0004"),
        ),
    ],
)  # fmt: skip
def test_overrides_can_be_pasted_and_make_the_scaled_rates(
    tables: dict[str, Any], stage: int, words: tuple[str, ...]
) -> None:
    chosen = settings_of(**tables)
    scaled = scaled_rates(chosen.all_stages()[stage].rates, 0.2)
    assert overrides_of(chosen, stage, scaled) == words
    pasted = overridden(tables, words).all_stages()[stage].rates
    assert layer_rates(GROUPS, pasted) == layer_rates(GROUPS, scaled)


def test_rates_above_one_are_told() -> None:
    assert not too_high(scaled_rates(Rates(), 100.0))
    assert too_high(scaled_rates(Rates(), 2000.0))
