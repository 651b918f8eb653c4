from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foldwise.errors import UsageError
from foldwise.training.fold_state import FoldState, put_back
from foldwise.training.learning import group_rates, new_learner
from foldwise.training.stages import learn_only
from tests.training.tiny_learners import (
    learner_of,
    made_of,
    new_model,
    settings_of,
    take_all,
    tiny_tokens,
    weights_of,
    whole_batches,
)


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


# without mixout, which draws a share of each matrix: of another shape others are drawn
@pytest.mark.parametrize("changed", [
    {},
    {"averaging": {"kind": "ema"}},
    {"regularization": {"pretrained_decay": 0.5}},
    {"stages": [{"epochs": 3.0, "train": "head"}, {"epochs": 3.0}]},
])  # fmt: skip
def test_seen_tokens_learn_what_they_learn_among_all(folder: Path, changed: Any) -> None:
    chosen = settings_of(optimizer={"weight_decay": 0.0}, **changed)
    tokens = tiny_tokens(folder)
    vocabulary = tokens.vocabulary(np.arange(len(tokens)))
    start = new_model(folder, chosen).state_dict()
    whole, seen = made_of(folder, chosen), made_of(folder, chosen, vocabulary)
    assert len(seen.model.encoder.token_embeddings()) == len(vocabulary) + 1  # the padding's
    losses = [
        [
            torch.stack(take_all(learner_of(made, chosen, stage), whole_batches(tokens), 3))
            for stage in range(len(made.plans))
        ]
        for made in (whole, seen)
    ]
    for one, other in zip(*losses, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)
    for made in (whole, seen):
        if made.average is not None:  # compared instead of the weights of the last step
            put_back(made.learned, made.average.weights)
    seen.model.encoder.learn_whole_vocabulary()
    ours, theirs = seen.model.state_dict(), whole.model.state_dict()
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        torch.testing.assert_close(ours[name], value, rtol=1e-5, atol=1e-7)
        if "word_embeddings" in name:
            assert not torch.equal(value[vocabulary], start[name][vocabulary])


def test_tokens_that_were_not_seen_are_not_decayed(folder: Path) -> None:
    chosen = settings_of(optimizer={"weight_decay": 0.1})
    tokens = tiny_tokens(folder)
    vocabulary = tokens.vocabulary(np.arange(len(tokens)))
    made = made_of(folder, chosen, vocabulary)
    take_all(learner_of(made, chosen), whole_batches(tokens))
    made.model.encoder.learn_whole_vocabulary()
    before = new_model(folder, chosen).encoder.token_embeddings()
    changed = (made.model.encoder.token_embeddings() != before).any(dim=1)
    # the padding's vector is 0, and is decayed to 0
    assert changed.nonzero()[:, 0].tolist() == vocabulary.tolist()


@pytest.mark.parametrize("changed", [
    {"regularization": {"adversarial": "fgm"}},
    {"regularization": {"adversarial": "awp"}},
    {"rates": {"embeddings": 0.0}},
])  # fmt: skip
def test_the_matrix_stays_whole_where_its_norm_counts_or_nothing_of_it_learns(
    folder: Path, changed: Any
) -> None:
    chosen = settings_of(**changed)
    made = made_of(folder, chosen, np.array([5, 6]))
    assert made.model.encoder.token_embeddings().shape == (175, 16)
