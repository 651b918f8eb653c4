"""The range test: its rates, its smoothing, when it stops, and that it leaves no trace."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foldwise.errors import FoldFailed, UsageError
from foldwise.training import range_test as range_test_module
from foldwise.training.loop import Learner, take_step
from foldwise.training.losses import Labels
from foldwise.training.range_test import (
    RangeTest,
    Sweep,
    has_diverged,
    range_test,
    reference_of,
)
from tests.training.tiny_learners import (
    LABELS,
    TARGETS,
    learner_of,
    made_of,
    settings_of,
    take_all,
    tiny_tokens,
    weights_of,
    whole_batches,
)


def swept(learner: Learner, folder: Path, labels: Labels = LABELS, **sweep: Any) -> RangeTest:
    plan = whole_batches(tiny_tokens(folder))
    return range_test(
        learner, plan, labels, sweep=Sweep(**sweep), first=1, seed_of=lambda number: number
    )


def test_rates_rise_geometrically_and_keep_their_ratios(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings_of(schedule={"kind": "one_cycle", "warmup": 0.4})
    learner = learner_of(made_of(folder, chosen), chosen)
    beta1 = learner.optimizer.param_groups[0]["betas"]
    seen: list[list[tuple[float, object]]] = []
    take = take_step

    def noted(learner: Learner, *rest: Any) -> torch.Tensor:
        groups = learner.optimizer.param_groups
        seen.append([(g["lr"] / g["initial_lr"], g["betas"]) for g in groups])
        return take(learner, *rest)

    monkeypatch.setattr(range_test_module, "take_step", noted)
    test = swept(learner, folder, lowest=1e-6, highest=1e-4, steps=11)

    assert (test.reference, test.peak, test.end) == ("layer 1", 1e-3, "highest")
    np.testing.assert_allclose(np.diff(np.log(test.rates)), np.log(100) / 10)
    np.testing.assert_allclose([test.rates[0], test.rates[-1]], [1e-6, 1e-4])
    for rate, groups in zip(test.rates, seen, strict=True):
        assert all(f == pytest.approx(rate / 1e-3, rel=1e-12) for f, _ in groups)
        assert all(betas == beta1 for _, betas in groups)


def test_smoothed_losses_are_weighted_means_of_all_before(folder: Path) -> None:
    chosen = settings_of()
    test = swept(learner_of(made_of(folder, chosen), chosen), folder, highest=1e-3, steps=12)

    for i, smoothed in enumerate(test.smoothed):
        weights = 0.98 ** np.arange(i, -1, -1)
        assert smoothed == pytest.approx(np.average(test.levelled[: i + 1], weights=weights))
    assert min(test.losses) < test.losses[0]  # it learned


def test_the_curve_is_flat_while_nothing_is_learned_however_batches_differ(folder: Path) -> None:
    chosen = settings_of(head={"dropout": 0.2})
    learner = learner_of(made_of(folder, chosen), chosen)
    test = swept(learner, folder, lowest=1e-12, highest=1e-10, steps=10)

    assert np.ptp(test.losses) > 0.01 * np.mean(test.losses)  # dropout alone makes them differ
    assert np.ptp(test.smoothed) < 1e-6 * np.mean(test.smoothed)
    assert test.smoothed[0] == pytest.approx(np.mean(test.starts))


def test_a_loss_that_explodes_ends_it(folder: Path) -> None:
    chosen = settings_of()
    test = swept(learner_of(made_of(folder, chosen), chosen), folder, highest=1e3, steps=40)
    assert test.end == "diverged"
    assert len(test.rates) == len(test.losses) == len(test.smoothed) < len(test.starts) == 40
    assert test.smoothed[-1] > 4 * min(test.smoothed)
    assert max(test.smoothed[:-1]) <= 4 * min(test.smoothed)


def test_a_loss_that_is_not_finite_ends_it_and_is_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = take_step

    def broken(learner: Learner, batches: Any, labels: Labels, number: int) -> torch.Tensor:
        found = take(learner, batches, labels, number)
        return found * float("nan") if number == 5 else found

    monkeypatch.setattr(range_test_module, "take_step", broken)
    chosen = settings_of()
    test = swept(learner_of(made_of(folder, chosen), chosen), folder, steps=20)
    assert (test.end, len(test.losses)) == ("not finite", 4)
    assert np.isfinite([*test.losses, *test.smoothed]).all()


def test_a_first_loss_that_is_not_finite_is_a_failure_and_all_is_put_back(folder: Path) -> None:
    chosen = settings_of()
    learner = learner_of(made_of(folder, chosen), chosen)
    before = weights_of(learner)
    with pytest.raises(
        FoldFailed, match=r"of batch 1 is inf, before anything was learned; look at"
    ):
        swept(learner, folder, labels=Labels(TARGETS * float("inf")))
    assert all(torch.equal(before[name], value) for name, value in weights_of(learner).items())


@pytest.mark.parametrize(
    ("losses", "diverged"),
    [
        ([1.0, 0.5, 1.9], False),
        ([1.0, 0.5, 2.1], True),
        ([1.0, -1.0, 1.5], False),  # it fell by 2: three times that are allowed
        ([1.0, -1.0, 5.1], True),
        ([-1.0, -0.9, -0.8], False),  # above four times its minimum, but hardly risen
        ([-1.0, 2.1], True),
        ([0.5, -0.001, 0.4], False),  # near 0, where multiples say nothing
    ],
)
def test_a_loss_diverges_by_its_minimum_or_by_how_far_it_fell(
    losses: list[float], diverged: bool
) -> None:
    assert has_diverged(losses, losses) == diverged


def test_training_afterwards_is_that_without_the_test(folder: Path) -> None:
    chosen = settings_of(head={"norm": "batch", "dropout": 0.2}, averaging={"kind": "ema"})
    tokens = tiny_tokens(folder)
    plain, other = (learner_of(made_of(folder, chosen), chosen) for _ in range(2))
    swept(other, folder, highest=1e3, steps=15)

    losses = [torch.stack(take_all(each, whole_batches(tokens))) for each in (plain, other)]
    assert torch.equal(*losses)
    now = weights_of(other)
    assert all(torch.equal(now[name], value) for name, value in weights_of(plain).items())


@pytest.mark.parametrize(
    ("learns", "reference"),
    [
        (["embeddings", "layer 0", "layer 1", "pooling", "head"], "layer 1"),
        (["pooling", "head 0", "head 1"], "head 1"),
        (["layer 1", "head"], "layer 1"),
    ],
)
def test_the_top_layer_that_learns_stands_for_all_else_the_head(
    learns: list[str], reference: str
) -> None:
    assert reference_of(learns) == reference


def test_a_sweep_that_does_not_rise_is_refused_with_all_complaints() -> None:
    with pytest.raises(UsageError) as caught:
        Sweep(lowest=1e-2, highest=1e-3, steps=3)
    assert caught.value.complaints == (
        "a range test goes from a lowest rate above 0 to a higher one, got --lowest 0.01 and "
        "--highest 0.001; choose others",
        "a range test takes 10 steps at least, got --steps 3; take more",
    )
