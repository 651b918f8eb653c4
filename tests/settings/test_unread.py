from typing import Any

import pytest

from foldwise.settings import Rates, Schedule, Section, Settings
from foldwise.settings.unread import SELECTORS, unread_in_stages
from tests.settings.tables import changed, complaints_of, valid

CLASSES: dict[str, type[Section]] = {"rates": Rates, "schedule": Schedule}
SLICED = (
    "; a slice runs over all layer groups, from {where}.top at the head to the embeddings: use "
    "{where}.groups for exceptions"
)
VALUES: dict[str, object] = {
    "rates.decay": 0.9,
    "rates.span": 3.0,
    "rates.every": 2,
    "rates.bands": [0.1, 0.2, 0.3],
    "rates.head": 0.01,
    "rates.embeddings": 0.01,
    "rates.pooling": 0.01,
    "schedule.power": 3.0,
    "schedule.start": 0.1,
    "schedule.beta1_at_peak": 0.8,
    "schedule.restarts": 2,
    "schedule.end": 0.1,
}
READERS = [
    (selector, key, readers) for selector in SELECTORS for key, readers in selector.readers.items()
]
ATTENTION = {"pooling": {"kind": "attention"}}  # so that a rate of the pooling has a reader


def kinds_of(section: str, name: str) -> list[str]:
    schema = CLASSES[section].model_json_schema()["properties"][name]
    return list(schema["enum"])


def test_every_setting_and_every_kind_of_them_exists() -> None:
    for selector in SELECTORS:
        fields = CLASSES[selector.section].model_fields
        assert selector.readers.keys() <= fields.keys()
        known = set(kinds_of(selector.section, selector.name))
        assert set().union(*selector.readers.values()) <= known
    assert {f"{s.section}.{key}" for s, key, _ in READERS} == VALUES.keys()


def test_nothing_is_unread_in_an_experiment_of_defaults() -> None:
    assert list(unread_in_stages(Settings(competition="a"))) == []


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_refused_exactly_where_its_neighbour_does_not_read_it(name: str) -> None:
    section, _, key = name.partition(".")
    selector = next(s for s in SELECTORS if s.section == section)
    for kind in kinds_of(section, selector.name):
        table = changed(changed(ATTENTION, name, VALUES[name]), f"{section}.{selector.name}", kind)
        if kind in selector.readers[key]:
            assert valid(table).flat()[name] == VALUES[name]
            continue
        (complaint,) = complaints_of(table)
        wanted = " or ".join(map(repr, selector.readers[key]))
        assert complaint.startswith(f"{name}=")
        assert f" would do nothing: it needs {section}.{selector.name}={wanted}" in complaint
        assert complaint.endswith(SLICED.format(where="rates")) == (kind == "slice")


def test_a_stages_own_value_must_be_read_in_that_stage() -> None:
    stages = [
        {"epochs": 1, "rates": {"shape": "constant", "decay": 0.9}},
        {"epochs": 1, "rates": {"decay": 0.8}},
        {"epochs": 1, "schedule": {"power": 3}},
    ]
    assert complaints_of({"stages": stages}) == [
        "stages.0.rates.decay=0.9 would do nothing: it needs stages.0.rates.shape='decay' or "
        "'slice'",
        "stages.2.schedule.power=3.0 would do nothing: it needs "
        "stages.2.schedule.kind='polynomial'",
    ]


def test_a_value_for_all_stages_must_be_read_in_one_of_them() -> None:
    rates = {"decay": 0.9}
    constant = {"epochs": 1, "rates": {"shape": "constant"}}
    valid({"rates": rates, "stages": [constant, {"epochs": 1}]})
    assert complaints_of({"rates": rates, "stages": [constant, constant]}) == [
        "rates.decay=0.9 would do nothing: it needs a stage with rates.shape='decay' or 'slice'"
    ]


def test_a_value_that_every_stage_replaces_would_do_nothing() -> None:
    rates: dict[str, Any] = {"top": 3e-5}
    own = [{"epochs": 1, "rates": {"top": 1e-5}}, {"epochs": 1, "rates": {"top": 2e-5}}]
    assert complaints_of({"rates": rates, "stages": own}) == [
        "rates.top=3e-05 would do nothing: each of the [[stages]] has its own; leave it out"
    ]
    valid({"rates": rates, "stages": [*own, {"epochs": 1}]})


def test_a_warm_up_has_one_length() -> None:
    assert complaints_of({"schedule": {"warmup": 0.2, "warmup_steps": 10}}) == [
        "schedule.warmup_steps=10 and schedule.warmup=0.2 both say how long the warm-up is: give "
        "one of them"
    ]
    valid({"schedule": {"warmup_steps": 10}})


@pytest.mark.parametrize("kind", ["one_cycle", "slanted"])
def test_where_the_rates_rise_from_needs_a_warm_up(kind: str) -> None:
    table = {"kind": kind, "start": 0.1, "warmup": 0}
    assert complaints_of({"stages": [{"epochs": 1, "schedule": table}]}) == [
        "stages.0.schedule.start=0.1 would do nothing: it needs stages.0.schedule.warmup above 0, "
        "in which the rates rise from it"
    ]
    valid({"schedule": {"kind": kind, "warmup": 0}})
