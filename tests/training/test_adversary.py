from pathlib import Path

import pytest
import torch
from torch import Tensor

from foldwise.settings import Settings
from foldwise.training.gradients import Gradients
from foldwise.training.loop import Learner, take_step
from tests.training.tiny_learners import (
    LABELS,
    learner_of,
    made_of,
    settings_of,
    take_all,
    tiny_tokens,
    weights_of,
    whole_batches,
)


def adversarial(kind: str, **changed: float) -> Settings:
    return settings_of(regularization={"adversarial": kind, **changed})


def with_gradients(folder: Path, chosen: Settings) -> Learner:
    learner = learner_of(made_of(folder, chosen), chosen)
    batches = next(whole_batches(tiny_tokens(folder)))
    Gradients(learner.forward, learner.objective, learner.scaler).add(batches, LABELS)
    return learner


@pytest.mark.parametrize("kind", ["fgm", "awp"])
def test_weights_go_uphill_by_their_share_and_come_back_to_the_bit(folder: Path, kind: str) -> None:
    learner = with_gradients(folder, adversarial(kind, adversarial_size=0.01))
    assert learner.adversary is not None
    before = weights_of(learner)

    with learner.adversary.uphill():
        moved = weights_of(learner)

    embeddings = learner.model.encoder.token_embeddings()
    for name, value in learner.learned.items():
        assert isinstance(value, torch.nn.Parameter)
        change = moved[name] - before[name]
        chosen = value.ndim > 1 and (kind == "awp" or value is embeddings)
        if not chosen:
            assert not change.any(), name
            continue
        assert value.grad is not None
        # as far as asked for, and straight up the gradient
        assert (change.norm() / before[name].norm()).item() == pytest.approx(0.01, rel=1e-3)
        cosine = torch.cosine_similarity(change.flatten(), value.grad.flatten(), dim=0)
        assert cosine.item() == pytest.approx(1.0, abs=1e-3)
    after = weights_of(learner)
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_weight_without_gradient_stays_where_it_is(folder: Path) -> None:
    chosen = adversarial("awp")
    learner = learner_of(made_of(folder, chosen), chosen)
    assert learner.adversary is not None
    for weight in learner.adversary.weights:
        weight.grad = torch.zeros_like(weight)
    before = weights_of(learner)
    with learner.adversary.uphill():
        assert all(torch.equal(value, before[name]) for name, value in learner.learned.items())


def first_step(folder: Path, chosen: Settings) -> dict[str, Tensor]:
    learner = learner_of(made_of(folder, chosen), chosen)
    take_step(learner, next(whole_batches(tiny_tokens(folder))), LABELS, number=1)
    return weights_of(learner)


def test_nothing_is_adversarial_before_its_beginning(folder: Path) -> None:
    later = first_step(folder, adversarial("awp", adversarial_from=0.5))
    never = first_step(folder, settings_of())
    now = first_step(folder, adversarial("awp"))
    assert all(torch.equal(later[name], never[name]) for name in never)
    assert any(not torch.equal(now[name], never[name]) for name in never)


@pytest.mark.parametrize("kind", ["fgm", "awp"])
def test_adversarial_training_still_learns(folder: Path, kind: str) -> None:
    chosen = adversarial(kind)
    learner = learner_of(made_of(folder, chosen), chosen)
    losses = take_all(learner, whole_batches(tiny_tokens(folder)))
    assert losses[-1][0] < losses[0][0]


def test_fgm_rests_in_a_stage_that_freezes_the_embeddings(folder: Path) -> None:
    stages = [{"epochs": 1.0, "train": "head"}, {"epochs": 1.0}]
    chosen = settings_of(stages=stages, regularization={"adversarial": "fgm"})
    made = made_of(folder, chosen)
    assert learner_of(made, chosen, stage=0).adversary is None
    assert learner_of(made, chosen, stage=1).adversary is not None
