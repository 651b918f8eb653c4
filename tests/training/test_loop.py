import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler
from torch.nn.utils import clip_grad_norm_

from foldwise import settings
from foldwise.encoders import EncoderFiles
from foldwise.errors import FoldFailed
from foldwise.modeling.model import TextModel, build_model
from foldwise.settings import Settings
from foldwise.tokenization.batches import Batch, collate
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.loop import Learner, checked_mean, training_steps
from foldwise.training.losses import summed_loss
from foldwise.training.param_groups import adamw
from foldwise.training.prediction import predict
from foldwise.training.schedules import Scheduler, schedule_factor
from tests.tiny_encoders import make_tiny_encoder

TEXTS = ["a good film", "bad", "the story is very boring and slow", "funny", "a great great book"]
TARGETS = torch.tensor([[1.0], [-1.0], [-0.5], [0.8], [2.0]])
STEPS = 6
CHOSEN = Settings(
    competition="any",
    encoder=settings.Encoder(dropout=0.0),
    rates=settings.Rates(top=1e-3, head=1e-2, decay=0.8),
    hardware=settings.Hardware(device="cpu", precision="fp32", threads=1),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_encoder(tmp_path, "bert")


@pytest.fixture
def tokens(folder: Path) -> Tokens:
    tokenizer = load_tokenizer(EncoderFiles("tiny", folder, "folder"), 32)
    return tokenize(tokenizer, [(text,) for text in TEXTS], None)


def new_model(folder: Path) -> TextModel:
    torch.manual_seed(3)
    return build_model(folder, CHOSEN, outputs=1, task="regression")


def new_learner(folder: Path, done: int = 0) -> Learner:
    model = new_model(folder)
    optimizer = adamw(model, CHOSEN.rates, CHOSEN.optimizer)
    return Learner(
        model=model,
        optimizer=optimizer,
        scheduler=Scheduler(optimizer, CHOSEN.schedule, STEPS, done),
        scaler=GradScaler("cpu", enabled=False),
        loss=summed_loss("regression"),
        hardware=CHOSEN.hardware,
        max_norm=CHOSEN.optimizer.max_norm,
    )


def whole_batches(tokens: Tokens) -> Iterator[list[Batch]]:
    while True:
        yield [collate(tokens, np.arange(len(TEXTS)))]


def cut_batches(tokens: Tokens) -> Iterator[list[Batch]]:
    while True:
        yield [collate(tokens, [0, 3]), collate(tokens, [1]), collate(tokens, [2, 4])]


def trained(folder: Path, tokens: Tokens, plan: Iterator[list[Batch]]) -> dict[str, Tensor]:
    learner = new_learner(folder)
    for _ in training_steps(
        learner,
        plan,
        TARGETS,
        lambda: torch.empty(0),
        numbers=range(1, STEPS + 1),
        every=2,
        seed_of=lambda number: number,
        losses=[],
    ):
        pass
    return dict(learner.model.named_parameters())


def test_the_loop_equals_a_plain_loop_written_out(folder: Path, tokens: Tokens) -> None:
    model = new_model(folder)
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

    result = trained(folder, tokens, whole_batches(tokens))

    for name, parameter in model.named_parameters():
        torch.testing.assert_close(result[name], parameter, rtol=1e-4, atol=1e-6, msg=name)


def test_micro_batches_of_any_size_give_the_whole_batch_s_gradient(
    folder: Path, tokens: Tokens
) -> None:
    whole = trained(folder, tokens, whole_batches(tokens))
    cut = trained(folder, tokens, cut_batches(tokens))

    for name, parameter in whole.items():
        # each text weighs the same, in a micro-batch of one as in one of two
        torch.testing.assert_close(cut[name], parameter, rtol=1e-3, atol=2e-5, msg=name)


def test_layer_ratios_hold_at_every_step_of_the_schedule(folder: Path) -> None:
    learner = new_learner(folder)
    peaks = [group["initial_lr"] for group in learner.optimizer.param_groups]

    for _ in range(STEPS):
        ratios = [g["lr"] / p for g, p in zip(learner.optimizer.param_groups, peaks, strict=True)]
        assert max(ratios) == pytest.approx(min(ratios))
        learner.optimizer.step()
        learner.scheduler.step()


def test_a_resumed_schedule_goes_on_at_the_rate_it_had(folder: Path) -> None:
    straight = new_learner(folder)
    for _ in range(4):
        straight.optimizer.step()
        straight.scheduler.step()

    resumed = new_learner(folder, done=4)

    assert [g["lr"] for g in resumed.optimizer.param_groups] == [
        g["lr"] for g in straight.optimizer.param_groups
    ]


def test_evaluations_come_every_few_steps_and_after_the_last(folder: Path, tokens: Tokens) -> None:
    steps = list(
        training_steps(
            new_learner(folder),
            whole_batches(tokens),
            TARGETS,
            lambda: torch.zeros(1),
            numbers=range(1, STEPS + 1),
            every=4,
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


def test_predictions_are_those_of_each_text_alone_in_the_order_asked(
    folder: Path, tokens: Tokens
) -> None:
    model = new_model(folder)
    asked = np.array([4, 0, 2, 1, 3])

    together = predict(model, tokens, asked, CHOSEN.hardware, micro_batch_tokens=24)

    alone = [predict(model, tokens, np.array([i]), CHOSEN.hardware, 24) for i in asked]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=1e-6)


def test_no_texts_give_no_predictions(folder: Path, tokens: Tokens) -> None:
    outputs = predict(new_model(folder), tokens, np.empty(0, np.int64), CHOSEN.hardware, 24)

    assert outputs.shape == (0, 1)
