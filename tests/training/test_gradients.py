from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foldwise.settings import Settings
from foldwise.tokenization.batches import collate
from foldwise.training.gradients import Gradients
from tests.training.tiny_learners import (
    LABELS,
    cut_batches,
    learner_of,
    made_of,
    settings_of,
    tiny_tokens,
    whole_batches,
)


def gradients(folder: Path, chosen: Settings, *, cut: bool) -> tuple[Tensor, dict[str, Tensor]]:
    learner = learner_of(made_of(folder, chosen), chosen)
    learner.model.train()
    batches = next((cut_batches if cut else whole_batches)(tiny_tokens(folder)))
    torch.manual_seed(1)
    loss = Gradients(learner.forward, learner.objective, learner.scaler).add(batches, LABELS)
    found = {
        name: parameter.grad
        for name, parameter in learner.model.named_parameters()
        if parameter.grad is not None
    }
    return loss, found


@pytest.mark.parametrize("kind", ["mse", "rmse", "ranking", "huber", "gaussian"])
def test_micro_batches_add_up_to_the_gradient_of_the_whole_batch(folder: Path, kind: str) -> None:
    chosen = settings_of(loss={"kind": kind})
    loss, whole = gradients(folder, chosen, cut=False)
    loss_of_parts, parts = gradients(folder, chosen, cut=True)

    assert loss_of_parts.item() == pytest.approx(loss.item(), rel=1e-5)
    assert parts.keys() == whole.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-3, atol=1e-5, msg=name)


def test_a_root_of_means_is_no_mean_of_roots(folder: Path) -> None:
    """The reason for the second pass: summing micro-batches would give another loss."""
    chosen = settings_of(loss={"kind": "rmse"})
    loss, _ = gradients(folder, chosen, cut=True)
    squares, _ = gradients(folder, settings_of(loss={"kind": "mse"}), cut=True)
    assert loss.item() == pytest.approx(squares.item() ** 0.5, rel=1e-5)


@pytest.mark.parametrize("kind", ["mse", "rmse"])
def test_r_drop_passes_each_batch_twice_with_other_dropout(folder: Path, kind: str) -> None:
    table: dict[str, Any] = {"encoder": {"dropout": 0.3}, "loss": {"kind": kind}}
    plain = settings_of(**table)
    torch.manual_seed(1)
    learner = learner_of(made_of(folder, plain), plain)
    assert learner.objective.passes == 1
    for cut in (False, True):
        little = settings_of(**table, regularization={"r_drop": 1e-9})
        none, _ = gradients(folder, little, cut=cut)
        much, found = gradients(
            folder, settings_of(**table, regularization={"r_drop": 5.0}), cut=cut
        )
        # two passes with the same dropout would not differ, and the term would be zero
        assert much.item() > none.item()
        assert all(torch.isfinite(gradient).all() for gradient in found.values())


@pytest.mark.parametrize("kind", ["mse", "rmse"])
@pytest.mark.parametrize("r_drop", [0.0, 1.0])
def test_a_batch_norm_counts_each_text_once_a_step(folder: Path, kind: str, r_drop: float) -> None:
    table: dict[str, Any] = {"encoder": {"dropout": 0.1}, "head": {"norm": "batch"}}
    chosen = settings_of(**table, loss={"kind": kind}, regularization={"r_drop": r_drop})
    learner = learner_of(made_of(folder, chosen), chosen)
    norm = learner.model.head.norm
    assert isinstance(norm, torch.nn.BatchNorm1d)
    learner.model.train()
    tokens = tiny_tokens(folder)
    batches = [collate(tokens, [0, 3]), collate(tokens, [1, 2, 4])]
    Gradients(learner.forward, learner.objective, learner.scaler).add(batches, LABELS)
    # two micro-batches moved the variance, which began at 1: as 0.9 x 0.9 and no further
    assert norm.running_var is not None
    assert (norm.running_var >= 0.81 - 1e-6).all()
    assert norm.momentum == 0.1
