import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.utils import clip_grad_norm_

from foldwise.errors import FoldFailed
from foldwise.tokenization.batches import collate
from foldwise.tokenization.tokens import Tokens
from foldwise.training.forward import Forward
from foldwise.training.loop import checked_mean, loss_curve, training_steps
from foldwise.training.param_groups import adamw
from foldwise.training.prediction import predict
from foldwise.training.schedules import schedule_factor
from tests.training.tiny_learners import (
    LABELS,
    STEPS,
    TARGETS,
    TEXTS,
    cut_batches,
    learner_of,
    made_of,
    new_model,
    settings_of,
    take_all,
    tiny_tokens,
    weights_of,
    whole_batches,
)

CHOSEN = settings_of()


@pytest.fixture
def tokens(folder: Path) -> Tokens:
    return tiny_tokens(folder)


def test_the_loop_equals_a_plain_loop_written_out(folder: Path, tokens: Tokens) -> None:
    model = new_model(folder, CHOSEN)
    optimizer = adamw(model, CHOSEN.rates, CHOSEN.optimizer)
    peaks = [group["lr"] for group in optimizer.param_groups]
    factor = schedule_factor(CHOSEN.schedule, STEPS)
    batch = collate(tokens, np.arange(len(TEXTS)))
    for step in range(STEPS):
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * factor(step)
        outputs = model(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        ((outputs - TARGETS) ** 2).mean().backward()
        clip_grad_norm_(model.parameters(), CHOSEN.optimizer.max_norm)
        optimizer.step()
        optimizer.zero_grad()

    learner = learner_of(made_of(folder, CHOSEN), CHOSEN)
    take_all(learner, whole_batches(tokens))

    for name, parameter in model.named_parameters():
        if name in learner.learned:
            torch.testing.assert_close(
                learner.learned[name], parameter, rtol=1e-4, atol=1e-6, msg=name
            )


def test_micro_batches_of_any_size_give_the_whole_batch_s_gradient(
    folder: Path, tokens: Tokens
) -> None:
    whole, cut = (learner_of(made_of(folder, CHOSEN), CHOSEN) for _ in range(2))
    take_all(whole, whole_batches(tokens))
    take_all(cut, cut_batches(tokens))

    for name, parameter in weights_of(whole).items():
        # each text weighs the same, in a micro-batch of one as in one of two
        torch.testing.assert_close(cut.learned[name], parameter, rtol=1e-3, atol=2e-5, msg=name)


def test_layer_ratios_hold_at_every_step_of_the_schedule(folder: Path) -> None:
    learner = learner_of(made_of(folder, CHOSEN), CHOSEN)
    peaks = [group["initial_lr"] for group in learner.optimizer.param_groups]

    for _ in range(STEPS):
        ratios = [g["lr"] / p for g, p in zip(learner.optimizer.param_groups, peaks, strict=True)]
        assert max(ratios) == pytest.approx(min(ratios))
        learner.optimizer.step()
        learner.scheduler.step()


def test_a_resumed_schedule_goes_on_at_the_rate_it_had(folder: Path) -> None:
    straight = learner_of(made_of(folder, CHOSEN), CHOSEN)
    for _ in range(4):
        straight.optimizer.step()
        straight.scheduler.step()

    resumed = learner_of(made_of(folder, CHOSEN), CHOSEN, done=4)

    assert [g["lr"] for g in resumed.optimizer.param_groups] == [
        g["lr"] for g in straight.optimizer.param_groups
    ]


def test_evaluations_come_every_few_steps_and_after_the_last(folder: Path, tokens: Tokens) -> None:
    steps = list(
        training_steps(
            learner_of(made_of(folder, CHOSEN), CHOSEN),
            whole_batches(tokens),
            LABELS,
            lambda: torch.zeros(1),
            numbers=range(1, STEPS + 1),
            due=lambda number: number % 4 == 0,
            seed_of=lambda number: number,
            losses=[],
        )
    )

    assert [step.number for step in steps if step.outputs is not None] == [4, 6]
    assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6]


def test_a_loss_that_is_not_finite_fails_and_names_its_step() -> None:
    losses = [torch.tensor([1.0, 0.5]), torch.tensor([math.nan, 0.5]), torch.tensor([2.0, 0.1])]

    with pytest.raises(FoldFailed, match=r"diverged at step 11: loss nan, gradient norm 0\.5"):
        checked_mean(losses, number=12)
    with pytest.raises(FoldFailed, match="gradient norm inf"):
        checked_mean([torch.tensor([1.0, math.inf])], number=1)
    assert checked_mean([torch.tensor([1.0, 9.0]), torch.tensor([2.0, 9.0])], number=2) == 1.5


@pytest.mark.parametrize("steps", [1, 5, 16, 100])
def test_a_loss_curve_is_means_of_parts_that_end_at_the_last_step(steps: int) -> None:
    losses = [torch.tensor([float(i), 1.0]) for i in range(steps)]
    found = loss_curve(losses, number=1000)
    assert len(found) == min(steps, 16)
    assert found[-1][0] == 1000
    begins = [1000 - steps, *(int(step) for step, _ in found[:-1])]
    for begin, (end, mean) in zip(begins, found, strict=True):
        # the losses rise by one a step, so that a part's mean is that of its ends
        first, last = begin - (1000 - steps), end - (1000 - steps) - 1
        assert mean == pytest.approx((first + last) / 2)


def test_predictions_are_those_of_each_text_alone_in_the_order_asked(
    folder: Path, tokens: Tokens
) -> None:
    forward = Forward(new_model(folder, CHOSEN), CHOSEN.hardware)
    asked = np.array([4, 0, 2, 1, 3])

    together = predict(forward, tokens, asked, micro_batch_tokens=24)

    alone = [predict(forward, tokens, np.array([i]), 24) for i in asked]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=1e-6)


def test_no_texts_give_no_predictions(folder: Path, tokens: Tokens) -> None:
    forward = Forward(new_model(folder, CHOSEN), CHOSEN.hardware)
    outputs = predict(forward, tokens, np.empty(0, np.int64), 24)

    assert outputs.shape == (0, 1)
