from typing import Any

import pytest

from foldwise.errors import UsageError
from foldwise.settings import Choices, Range, TunedExperiment, tuned_experiment

TOP = {"low": 1e-5, "high": 1e-3, "log": True}


def tuned(**table: Any) -> TunedExperiment:
    return tuned_experiment({"competition": "tiny", **table}, "a.toml")


def complaints_of(**table: Any) -> tuple[str, ...]:
    with pytest.raises(UsageError) as raised:
        tuned(**table)
    return raised.value.complaints


def test_ranges_keep_the_order_of_the_experiment_and_whole_numbers_stay_whole() -> None:
    found = tuned(rates={"top": TOP}, encoder={"reinitialise": {"low": 0, "high": 3}})
    top, layers = found.ranges
    assert isinstance(top, Range)
    assert isinstance(layers, Range)
    assert (top.name, top.log, top.whole) == ("rates.top", True, False)
    assert (layers.name, layers.whole, layers.default) == ("encoder.reinitialise", True, 0)


def test_integers_at_the_ends_of_a_rate_are_numbers_like_others() -> None:
    (rate,) = tuned(rates={"top": {"low": 0, "high": 1}}).ranges
    assert isinstance(rate, Range)
    assert (rate.whole, rate.low) == (False, 0.0)


@pytest.mark.parametrize(
    ("written", "default"),
    [
        ({**TOP, "default": 2e-4}, 2e-4),  # as it says
        (TOP, 1e-4),  # the setting's own
        ({"low": 4e-4, "high": 9e-4, "log": True}, 6e-4),  # the geometric middle
        ({"low": 0.2, "high": 0.4}, 0.3),  # the middle
        ({"choices": [3e-4, 1e-4]}, 1e-4),  # the setting's own among them
        ({"choices": [3e-4, 2e-4]}, 3e-4),  # the first
    ],
)
def test_what_is_tried_first(written: dict[str, Any], default: float) -> None:
    assert tuned(rates={"top": written}).defaults()["rates.top"] == pytest.approx(default)


def test_values_take_the_place_of_ranges_also_in_stages_and_by_quoted_names() -> None:
    found = tuned(
        rates={"groups": {"head 0": {"low": 1e-4, "high": 1e-2}}},
        stages=[{"epochs": 1}, {"epochs": {"low": 1, "high": 3}, "rates": {"top": TOP}}],
    )
    assert [r.name for r in found.ranges] == [
        "rates.groups.head 0",
        "stages.1.epochs",
        "stages.1.rates.top",
    ]
    chosen = found.settings(
        {"rates.groups.head 0": 5e-3, "stages.1.epochs": 2, "stages.1.rates.top": 3e-5}
    )
    assert chosen.rates.groups == {"head 0": 5e-3}
    assert (chosen.stages[1].epochs, chosen.stages[1].rates.top) == (2, 3e-5)
    assert isinstance(found.table["stages"][1]["epochs"], dict)  # the experiment is as it was


def test_what_is_read_only_beside_others_is_tried_only_there() -> None:
    found = tuned(
        pooling={
            "kind": {"choices": ["mean", "attention"]},
            "hidden": {"low": 32, "high": 128},
        }
    )
    assert found.defaults() == {"pooling.kind": "mean"}
    assert found.is_read({"pooling.kind": "attention"}, "pooling.hidden")
    assert not found.is_read({"pooling.kind": "mean"}, "pooling.hidden")


def test_a_list_is_a_choice_like_others() -> None:
    (hidden,) = tuned(head={"hidden": {"choices": [[], [64]]}}).ranges
    assert isinstance(hidden, Choices)
    assert hidden.default == []


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"seed": {"low": 0, "high": 9}}, "seed is never tuned: the best of several seeds is luck"),
        ({"hardware": {"threads": {"choices": [1, 2]}}}, "hardware.threads is never tuned: it dec"),
        ({"training": {"rows": {"low": 100, "high": 900}}}, "training.rows is never tuned: all tr"),
        ({"kind": {"choices": ["encoder", "tfidf"]}}, "kind is never tuned"),
        (
            {"tracking": {"tensorboard": {"choices": [True, False]}}},
            "tracking.tensorboard is never tuned: it changes no result",
        ),
        ({"rates": {"top": {"low": 1e-3, "high": 1e-5}}}, "low and high are numbers, low the smal"),
        ({"rates": {"top": {"low": 1e-5}}}, "low and high are numbers, low the smaller, got 1e-05"),
        ({"rates": {"top": {"low": 0, "high": 1e-3, "log": True}}}, "log needs a low above 0"),
        ({"rates": {"top": {**TOP, "stepp": 1}}}, "a range has no 'stepp'; did you mean 'step'"),
        ({"rates": {"top": {**TOP, "default": 1.0}}}, "default lies from 1e-05 to 0.001, got 1.0"),
        ({"rates": {"top": {**TOP, "step": 0.1}}}, "step is a number above 0, without log"),
        ({"rates": {"decay": {"low": 0.5, "high": 1, "step": 0.3}}}, "do not reach 1; change one"),
        ({"rates": {"top": {"choices": [1e-4]}}}, "choices are a list of two values or more"),
        ({"rates": {"top": {"choices": [1e-4, 1e-4]}}}, "each of the choices once"),
        ({"rates": {"top": {"choices": [1e-4, 2e-4], "default": 1}}}, "default is one of"),
        ({"rates": {"top": {"low": 1e-4, "high": 3}}}, "rates.top must be less than or equal to 1"),
        ({"pooling": {"kind": {"choices": ["mean", "meen"]}}}, "pooling.kind must be"),
        ({"rates": {"tip": TOP}}, "unknown setting 'rates.tip'; did you mean 'rates.top'?"),
        ({"rates": {"top": {"low": 0.0, "high": 1e-3, "log": 1}}}, "log is true or false, got 1"),
        (
            {"rates": {"decay": {"low": 0.5, "high": 1, "step": 0.1, "default": 0.93}}},
            "default is one of the steps of 0.1 from 0.5: 0.93",
        ),
        (
            {"encoder": {"max_length": {"low": 64, "high": 128, "step": 0.5}}},
            "encoder.max_length is a whole number, and so is the step of its range: got 0.5",
        ),
        (
            {"encoder": {"max_length": {"low": 64, "high": 128, "default": 64.5}}},
            "encoder.max_length is a whole number, and so is the default of its range: got 64.5",
        ),
        (
            {"rates": {"span": {"low": 1.0, "high": 5.0}}},
            "rates.span would never be read beside these settings; tune what reads it too",
        ),
        ({}, "nothing to tune: give a setting a range, such as rates.top"),
        ({"kind": "tfidf"}, "nothing to tune: give a setting a range, such as tfidf.penalty"),
    ],
)
def test_a_wrong_range_is_refused_with_the_rule(table: dict[str, Any], reason: str) -> None:
    assert any(reason in complaint for complaint in complaints_of(**table)), complaints_of(**table)


def test_the_middle_of_steps_is_one_of_them() -> None:
    # the setting's own default of 1.0 lies outside, and the middle 0.75 between two steps
    (found,) = tuned(rates={"decay": {"low": 0.6, "high": 0.9, "step": 0.1}}).ranges
    assert found.default == 0.7


def test_what_needs_two_other_ranges_to_be_read_may_be_tuned() -> None:
    shape = {"choices": ["slice", "linear"]}
    found = tuned(
        pooling={"kind": {"choices": ["mean", "attention"]}}, rates={"shape": shape, "pooling": TOP}
    )
    assert "rates.pooling" in {r.name for r in found.ranges}
    assert "rates.pooling" not in found.defaults()


def test_all_wrong_ranges_are_told_at_once() -> None:
    found = complaints_of(seed={"low": 1, "high": 2}, rates={"top": {"low": 2, "high": 1}})
    assert len(found) == 2


def test_what_is_tried_first_must_not_contradict_itself() -> None:
    (complaint,) = complaints_of(pooling={"kind": {"choices": ["mean", "max"]}, "beside": "mean"})
    assert "pooling.beside='mean' is pooling.kind already" in complaint
