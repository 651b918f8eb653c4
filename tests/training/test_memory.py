import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foldwise.errors import FoldFailed, Interrupted
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.training.memory import TokenBudget
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest
from tests.training.full_memory import SAID, hold_at_most
from tests.training.test_encoder_run import stopped_after
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings, train_tiny

# without dropout, whose draws depend on how a batch is cut
PLAIN: dict[str, Any] = {
    "encoder": {"dropout": 0.0},
    "training": {"batch_size": 8, "checkpoint_seconds": 0.0},
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


def fulls(run: Path, fold: int = 0) -> list[dict[str, Any]]:
    return list(Journal(run / f"fold-{fold}" / "journal.jsonl").events("memory full"))


def test_a_computation_is_tried_with_half_as_many_tokens_until_it_fits() -> None:
    tried = []

    def compute(tokens: int) -> str:
        tried.append(tokens)
        if tokens > 60:
            raise torch.OutOfMemoryError(SAID)
        return "done"

    budget = TokenBudget(16_384, longest=30)
    # no more than 400 were ever at once: 8,192 would have been the same again
    assert budget.within(compute, largest=400) == "done"
    assert tried == [16_384, 200, 100, 50]
    assert budget.tokens == 50


def test_a_single_text_that_does_not_fit_is_a_failure_with_what_to_do() -> None:
    budget = TokenBudget(1000, longest=300)
    budget.halve("full", 1000)
    budget.halve("full", 1000)
    assert budget.tokens == 300  # never less than the longest text, which cannot be cut
    with pytest.raises(FoldFailed) as caught:
        budget.halve("CUDA out of memory", 1000)
    assert str(caught.value) == (
        "the GPU's memory is full with a single text of 300 tokens at a time (CUDA out of memory); "
        "set training.gradient_checkpointing=true, lower encoder.max_length, or choose a smaller "
        "encoder"
    )


@pytest.mark.parametrize("loss", ["mse", "rmse"])
def test_where_memory_is_full_the_batch_is_the_same_in_smaller_parts(
    project: Project, loss: str
) -> None:
    changed = {**PLAIN, "loss": {"kind": loss}}
    whole = train_tiny(project, "whole", **changed)
    with pytest.MonkeyPatch.context() as patch:
        hold_at_most(patch, 40)
        halved = train_tiny(project, "halved", **changed)

    first, *_ = fulls(halved.folder)
    assert first["reason"] == SAID
    assert (first["micro_batch_tokens"], first["step"]) == (16_384, 1)
    assert all(40 >= fulls(halved.folder, fold)[-1]["now"] >= 16 for fold in range(3))
    # as many steps, of as many texts each: the same weights and predictions but for rounding
    for name in ("oof.csv", "test.csv"):
        ours, theirs = (read_predictions(s.folder / name) for s in (halved, whole))
        assert ours.ids == theirs.ids
        np.testing.assert_allclose(ours.values, theirs.values, atol=2e-4)
    result = json.loads((halved.folder / "fold-0" / "result.json").read_text())
    steps = [event for event in fulls(halved.folder) if "step" in event]
    assert result["facts"]["micro_batch_tokens"] == steps[-1]["now"]
    assert (
        "micro_batch_tokens"
        not in json.loads((whole.folder / "fold-0" / "result.json").read_text())["facts"]
    )


@pytest.mark.parametrize(
    "settings", [{}, {"regularization": {"mixout": 0.2, "adversarial": "awp"}}]
)
def test_a_run_that_found_memory_full_is_resumed_to_the_same_bits(
    project: Project, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {**PLAIN, "encoder": {"dropout": 0.1}, **settings}
    hold_at_most(monkeypatch, 70)
    whole = train_tiny(project, "whole", **changed)
    stop = StopRequest()

    def ask(progress: Progress) -> None:
        if (progress.fold, progress.phase, progress.done) == (0, "train", 7):
            stop.ask(signal.SIGTERM)

    with pytest.raises(Interrupted):
        train_run(project, RunRequest("stopped", tiny_settings(project, **changed)), stop, ask)
    before = fulls(project.run("stopped"))
    assert before
    resumed = train_tiny(project, "stopped", **changed)

    # the checkpoint said how small the parts had become: what was found out is not tried again
    assert fulls(resumed.folder)[: len(before)] == before
    again = {event["step"] for event in fulls(resumed.folder)[len(before) :] if "step" in event}
    assert all(step > 8 for step in again)
    assert results_of(resumed.folder) == results_of(whole.folder)


def test_a_full_memory_in_an_evaluation_costs_no_step(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train_tiny(project, "whole", **PLAIN)
    forward_tokens = 8 * 16  # every training batch fits; an evaluation of all rows at once does not
    monkeypatch.setattr("foldwise.training.prediction.tokens_at_once", lambda _device, most: most)
    hold_at_most(monkeypatch, forward_tokens)
    state = train_tiny(project, "full", **PLAIN)

    assert {event.get("step") for event in fulls(state.folder)} == {None}
    result = json.loads((state.folder / "fold-0" / "result.json").read_text())
    assert result["facts"]["steps"] == result["facts"]["planned_steps"]
    for fold in range(3):
        ours, theirs = (
            read_predictions(s.folder / f"fold-{fold}" / "valid.csv") for s in (state, whole)
        )
        np.testing.assert_allclose(ours.values, theirs.values, atol=1e-4)


@pytest.mark.parametrize("step", [7, 13])
def test_a_full_memory_in_an_evaluation_changes_no_later_step_of_a_resumed_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    # draws of dropout tell how a batch was cut, and the last weights all steps
    training = {**PLAIN["training"], "keep": "last"}
    changed: dict[str, Any] = {"encoder": {"dropout": 0.1}, "training": training}
    monkeypatch.setattr("foldwise.training.prediction.tokens_at_once", lambda _device, most: most)
    hold_at_most(monkeypatch, 40, predicting_only=True)
    whole = train_tiny(project, "whole", **changed)
    stopped_after(project, "stopped", step, **changed)
    assert fulls(project.run("stopped"))
    resumed = train_tiny(project, "stopped", **changed)

    assert results_of(resumed.folder) == results_of(whole.folder)


def test_a_batch_norm_is_not_given_fewer_texts_to_compare(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_at_most(monkeypatch, 40, learning_only=True)
    with pytest.raises(FoldFailed, match=r"head\.norm='batch' learns something else from smaller"):
        train_tiny(project, "run", **PLAIN, head={"norm": "batch"})


def test_another_allocation_that_fails_is_not_taken_for_a_full_gpu(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(*_: object) -> None:  # what torch says on a CPU is no OutOfMemoryError
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")

    monkeypatch.setattr("foldwise.training.forward.Forward.__call__", call)
    with pytest.raises(RuntimeError, match="DefaultCPUAllocator"):
        train_tiny(project, "run", **PLAIN)
    assert fulls(project.run("run")) == []
