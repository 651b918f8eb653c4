import subprocess
import sys

import pytest

from foldwise.settings import (
    Rates,
    Schedule,
    Section,
    Settings,
    Stage,
    checked_settings,
    small_form,
)
from tests.settings.field_reads import sections_below
from tests.settings.tables import valid


def test_settings_never_change() -> None:
    chosen = Settings(competition="a")
    with pytest.raises(ValueError, match="frozen"):
        chosen.seed = 3  # type: ignore[misc]  # the rule under test
    with pytest.raises(ValueError, match="frozen"):
        chosen.rates.top = 3e-5  # type: ignore[misc]  # the rule under test


def test_settings_are_imported_without_anything_heavy() -> None:
    program = "import sys, foldwise.settings; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    heavy = {"torch", "transformers", "numpy", "pandas", "sklearn", "optuna"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("section", sections_below(Settings), ids=lambda s: s.__name__)
def test_every_section_refuses_unknown_keys_and_never_changes(section: type[Section]) -> None:
    assert section.model_config["extra"] == "forbid"
    assert section.model_config["frozen"]


# --- stages --------------------------------------------------------------------------------------


def test_a_stage_says_only_what_differs_from_the_experiment() -> None:
    chosen = valid(
        {
            "rates": {"head": 1e-2, "top": 3e-5},
            "schedule": {"kind": "cosine"},
            "stages": [
                {"epochs": 1, "train": "head", "rates": {"top": 1e-6}},
                {"epochs": 2, "schedule": {"warmup": 0.2}},
            ],
        }
    )
    first, second = chosen.stages
    assert first.rates == Rates(head=1e-2, top=1e-6)
    assert second.rates == chosen.rates == Rates(head=1e-2, top=3e-5)
    assert first.schedule == Schedule(kind="cosine")
    assert second.schedule == Schedule(kind="cosine", warmup=0.2)
    assert (first.train, second.train) == ("head", "all")


def test_a_stages_groups_of_rates_replace_those_of_the_experiment() -> None:
    chosen = valid(
        {
            "rates": {"groups": {"head 0": 0.1, "layer 0": 0.2}},
            "stages": [{"epochs": 1, "rates": {"groups": {"head 0": 0.3}}}, {"epochs": 1}],
        }
    )
    assert chosen.stages[0].rates.groups == {"head 0": 0.3}
    assert chosen.stages[1].rates.groups == {"head 0": 0.1, "layer 0": 0.2}


def test_without_stages_the_training_is_one() -> None:
    chosen = valid({"rates": {"top": 3e-5}, "training": {"epochs": 3}})
    (whole,) = chosen.all_stages()
    assert whole == Stage(epochs=3, train="all", rates=chosen.rates, schedule=chosen.schedule)
    assert chosen.stages == ()


def test_flat_names_every_value_once_by_its_dotted_name() -> None:
    flat = valid({"stages": [{"epochs": 1}, {"epochs": 2, "train": 3}]}).flat()
    assert flat["rates.top"] == 1e-4
    assert flat["tfidf.words"] == [1, 2]
    assert (flat["stages.0.epochs"], flat["stages.1.train"]) == (1.0, 3)
    assert flat["stages.1.rates.top"] == 1e-4
    assert not any(isinstance(value, dict) for value in flat.values())


# --- the small form ------------------------------------------------------------------------------


def test_the_small_form_takes_the_same_path_with_less() -> None:
    chosen = valid({"rates": {"top": 3e-5}})
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
    small = small_form(valid(table))
    assert (small.training.rows, small.training.epochs, small.encoder.max_length) == (100, 0.5, 32)


def test_the_small_form_of_stages_is_one_epoch_in_all_in_the_same_shares() -> None:
    chosen = valid({"stages": [{"epochs": 1, "train": "head"}, {"epochs": 3, "train": 1}]})
    small = small_form(chosen)
    assert [stage.epochs for stage in small.stages] == [0.25, 0.75]
    assert [stage.train for stage in small.stages] == ["head", 1]
    assert small.training.epochs == chosen.training.epochs  # stages have their own
    short = valid({"stages": [{"epochs": 0.2}, {"epochs": 0.3}]})
    assert small_form(short).stages == short.stages


def test_a_warm_up_in_steps_is_a_share_of_the_small_form() -> None:
    own = [{"epochs": 1, "schedule": {"warmup_steps": 50}}, {"epochs": 1}]
    chosen = valid({"schedule": {"warmup_steps": 400, "kind": "cosine"}, "stages": own})
    small = small_form(chosen)
    expected = Schedule(kind="cosine", warmup_steps=0, warmup=Schedule().warmup)
    assert small.schedule == expected
    assert [stage.schedule for stage in small.stages] == [expected, expected]
    share = valid({"schedule": {"warmup": 0.3}})
    assert small_form(share).schedule == share.schedule


@pytest.mark.parametrize(
    "chosen",
    [
        Settings(competition="a"),
        Settings(competition="a", kind="tfidf"),
        valid({"schedule": {"warmup_steps": 500, "kind": "one_cycle", "start": 0.1}}),
        valid({"schedule": {"warmup_steps": 9}, "stages": [{"epochs": 2}, {"epochs": 2}]}),
        valid({"stages": [{"epochs": 2, "train": "head"}, {"epochs": 2}]}),
        valid({"head": {"norm": "batch"}, "averaging": {"kind": "swa"}}),
    ],
)
def test_the_small_form_is_valid(chosen: Settings) -> None:
    small = small_form(chosen)
    assert checked_settings(small.model_dump(mode="json"), "x.toml") == small
