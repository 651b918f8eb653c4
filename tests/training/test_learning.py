from pathlib import Path

import pytest

from foldwise.errors import UsageError
from foldwise.training.fold_state import FoldState
from foldwise.training.learning import group_rates, new_learner
from foldwise.training.stages import learn_only
from tests.training.tiny_learners import learner_of, made_of, settings_of, weights_of


def test_the_rates_of_now_are_those_of_the_groups_that_learn(folder: Path) -> None:
    chosen = settings_of(
        stages=[{"epochs": 6.0, "train": 1}], schedule={"kind": "constant", "warmup": 0.0}
    )
    assert group_rates(learner_of(made_of(folder, chosen), chosen)) == {
        "layer 1": 1e-3,
        "head": 1e-2,
    }


def test_each_attempt_halves_every_rate(folder: Path) -> None:
    chosen = settings_of(schedule={"kind": "constant", "warmup": 0.0})
    made = made_of(folder, chosen)
    (plan,) = made.plans
    learn_only(made.model, plan.learns)
    first = group_rates(new_learner(chosen, made, plan, FoldState()))
    third = group_rates(new_learner(chosen, made, plan, FoldState(attempt=2)))
    assert third == pytest.approx({name: rate / 4 for name, rate in first.items()})


def test_decay_towards_the_pretrained_weights_replaces_that_towards_zero(folder: Path) -> None:
    chosen = settings_of(regularization={"pretrained_decay": 1.0})
    learner = learner_of(made_of(folder, chosen), chosen)
    assert learner.anchor is not None
    for group in learner.optimizer.param_groups:
        for weight in group["params"]:
            held = weight in learner.anchor.pretrained
            # what is new, the head, still decays towards 0; biases never decay
            assert (group["weight_decay"] > 0) == (weight.ndim > 1 and not held)


def test_averages_and_the_scaler_go_with_the_model_from_stage_to_stage(folder: Path) -> None:
    stages = [{"epochs": 1.0, "train": "head"}, {"epochs": 1.0}]
    chosen = settings_of(stages=stages, averaging={"kind": "ema"})
    made = made_of(folder, chosen)
    first, second = (learner_of(made, chosen, stage) for stage in (0, 1))
    assert first.average is second.average
    assert first.scaler is second.scaler
    # what learns in a later stage is averaged, saved and put back from the first on
    assert weights_of(first).keys() == weights_of(second).keys()
    assert first.frozen_layers == 2
    assert second.frozen_layers == 0


def test_settings_that_no_layer_of_the_encoder_fits_are_refused_together(folder: Path) -> None:
    chosen = settings_of(stages=[{"epochs": 1.0, "train": 7}, {"epochs": 1.0, "train": 9}])
    with pytest.raises(UsageError) as refused:
        made_of(folder, chosen)
    assert len(refused.value.complaints) == 2
