from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import UsageError
from foldwise.settings import Settings, checked_settings
from foldwise.training.stages import (
    epoch_steps,
    learn_only,
    learned_names,
    never_learned,
    stage_at,
    stage_lengths,
    stage_plans,
)
from tests.tiny_encoders import make_tiny_encoder
from tests.training.tiny_learners import new_model, settings_of

NAMES = ["embeddings", "layer 0", "layer 1", "head"]
ULMFIT = [
    {"epochs": 1.0, "train": "head"},
    {"epochs": 1.0, "train": 1, "rates": {"top": 5e-4}},
    {"epochs": 2.0, "train": "all", "schedule": {"kind": "cosine"}},
]


def staged(*epochs: float) -> Settings:
    table = {"competition": "any", "stages": [{"epochs": epoch} for epoch in epochs]}
    return checked_settings(table, "the test")


def test_an_experiment_without_stages_is_one_stage_of_its_epochs() -> None:
    chosen = checked_settings({"competition": "any", "training": {"epochs": 2.5}}, "the test")
    (plan,) = stage_plans(chosen, 10, NAMES)
    assert (plan.after, plan.steps, plan.last) == (0, 25, 25)
    assert plan.learns == tuple(NAMES)
    assert plan.schedule == chosen.schedule


def test_stages_follow_each_other_and_unfreeze_from_the_head_down() -> None:
    chosen = settings_of(stages=ULMFIT)
    plans = stage_plans(chosen, 10, NAMES)
    assert [(plan.after, plan.last) for plan in plans] == [(0, 10), (10, 20), (20, 40)]
    assert [plan.learns for plan in plans] == [("head",), ("layer 1", "head"), tuple(NAMES)]
    # a stage says only what differs
    assert [plan.rates.top for plan in plans] == [1e-3, 5e-4, 1e-3]
    assert [plan.schedule.kind for plan in plans] == ["linear", "linear", "cosine"]


@pytest.mark.parametrize(("step", "number"), [(0, 0), (9, 0), (10, 1), (39, 2), (40, 2)])
def test_the_step_after_a_stage_s_last_belongs_to_the_next(step: int, number: int) -> None:
    plans = stage_plans(settings_of(stages=ULMFIT), 10, NAMES)
    assert stage_at(plans, step).number == number


@given(epochs=st.lists(st.floats(0.01, 5), min_size=1, max_size=6), epoch=st.integers(1, 500))
def test_stages_share_the_steps_of_their_epochs_together(epochs: list[float], epoch: int) -> None:
    lengths = stage_lengths(staged(*epochs), epoch)
    assert len(lengths) == len(epochs)
    assert min(lengths) >= 1
    # rounding does not add up: only stages of less than a step make the training longer
    assert abs(sum(lengths) - round(sum(epochs) * epoch)) <= len(epochs)


def test_an_epoch_has_a_last_batch_for_the_rows_left_over() -> None:
    assert epoch_steps(32, 16) == 2
    assert epoch_steps(33, 16) == 3


@pytest.mark.parametrize(
    ("train", "frozen", "names", "complaint"),
    [
        (3, "none", NAMES, "stages.0.train=3 is more than the 2 layers of the encoder: lower it"),
        ("all", 9, NAMES, "encoder.frozen=9 is more than the 2 layers of the encoder: lower it"),
        (2, 1, NAMES, "stages.0.train=2 and encoder.frozen=1 are more than the encoder's 2 layers"),
        (2, "none", ["embeddings", "layer 0", "head"],
         "stages.0.train=2 is more than the 1 layers of the encoder (those that share their "
         "weights count as one): lower it"),
    ],
)  # fmt: skip
def test_layers_that_are_not_there_to_learn_are_refused(
    train: str | int, frozen: str | int, names: list[str], complaint: str
) -> None:
    chosen = settings_of(encoder={"frozen": frozen}, stages=[{"epochs": 1.0, "train": train}])
    with pytest.raises(UsageError) as caught:
        stage_plans(chosen, 10, names)
    (told,) = caught.value.complaints
    assert told.startswith(complaint)


def test_exactly_the_named_groups_learn(folder: Path) -> None:
    model = new_model(folder, settings_of())
    for wanted in (["head"], ["layer 1", "head"], [g.name for g in model.layer_groups()]):
        learn_only(model, wanted)
        learning = {
            group.name
            for group in model.layer_groups()
            if any(parameter.requires_grad for parameter in group.parameters())
        }
        assert learning == set(wanted)


def test_what_no_output_depends_on_never_learns(tmp_path: Path) -> None:
    model = new_model(make_tiny_encoder(tmp_path, "xlnet"), settings_of())
    assert model.encoder.unused
    learn_only(model, [group.name for group in model.layer_groups()])
    for name in model.encoder.unused:
        assert not model.encoder.backbone.get_parameter(name).requires_grad


def test_what_learns_in_any_stage_is_saved_and_averaged(folder: Path) -> None:
    chosen = settings_of(stages=ULMFIT[:2], head={"norm": "batch"})
    model = new_model(folder, chosen)
    names = [group.name for group in model.layer_groups()]
    learned = learned_names(model, stage_plans(chosen, 10, names))
    assert any(".layer.1." in name for name in learned)
    assert not any(".layer.0." in name or "embeddings" in name for name in learned)
    # a batch norm's running mean is learned too, without a gradient
    assert any("running_mean" in name for name in learned)


def test_a_part_that_learned_and_is_frozen_again_is_no_longer_the_pretrained_one(
    folder: Path,
) -> None:
    trains: list[str | int] = ["head", 1, "all", "head"]
    chosen = settings_of(stages=[{"epochs": 1.0, "train": train} for train in trains])
    model = new_model(folder, chosen)
    plans = stage_plans(chosen, 10, [group.name for group in model.layer_groups()])
    assert [never_learned(model, plan, plans, fresh=0) for plan in plans] == [
        True,
        True,
        True,
        False,
    ]
    # a layer that began from random weights is another one in each fold
    assert not never_learned(model, plans[0], plans, fresh=1)
    assert never_learned(model, plans[1], plans, fresh=1)
