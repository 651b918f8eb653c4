"""Everything a fold's training must remember from one step to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from foldwise.errors import StorageError
from foldwise.training.checkpoint import Checkpoint, save_checkpoint
from foldwise.training.checkpoint_writer import Snapshot
from foldwise.training.choice import Choice
from foldwise.training.loop import Learner, checked_mean
from foldwise.training.param_groups import load_named_state, named_state


@dataclass
class FoldState:
    """The state of a fold, besides its learner's.

    Attributes:
        attempt: how often training collapsed and began anew.
        step: optimizer steps taken in this attempt.
        looks: evaluations of the validation rows so far.
        stale: evaluations since the best one.
        seconds: spent in training, over all sittings and attempts.
        cpu_seconds: of this process's threads in training; does not grow when others slow it down.
        micro_batch_tokens: padded tokens at once, since memory was full; 0: as the settings say.
        ended: whether training is over.
        best_step: the step whose weights predicted the validation rows best; 0: none yet.
        best_score: their score.
        best: their values, by name: everything that changes in training.
        best_outputs: (texts, outputs), what they predicted for the validation rows.
        choices: of each half of the validation rows, which predict the other half.
        losses: loss and gradient norm, (2,), of the steps since the last evaluation.
        saved: what a checkpoint says of the learner, until that is there to take it.
    """

    attempt: int = 0
    step: int = 0
    looks: int = 0
    stale: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    micro_batch_tokens: int = 0
    ended: bool = False
    best_step: int = 0
    best_score: float | None = None
    best: dict[str, Tensor] = field(default_factory=dict)
    best_outputs: Tensor | None = None
    choices: tuple[Choice, Choice] = field(default_factory=lambda: (Choice(), Choice()))
    losses: list[Tensor] = field(default_factory=list)
    saved: "SavedLearner | None" = None

    def has_waited(self, patience: int, *, halves: bool) -> bool:
        """Whether no better evaluation came for `patience` of them; 0: never.

        Args:
            patience: `training.patience`.
            halves: whether each half of the rows must have waited as long by its own scores too.
        """
        stale = [self.stale, *(choice.stale for choice in self.choices if halves)]
        return 0 < patience <= min(stale)

    def keep_as_best(self, weights: Mapping[str, Tensor], score: float, outputs: Tensor) -> None:
        """Remember weights, and what they predicted, as the best so far."""
        self.best_step, self.best_score, self.best_outputs = self.step, score, outputs
        self.best = {name: value.detach().clone() for name, value in weights.items()}


@dataclass(frozen=True, eq=False)
class SavedLearner:
    """A learner's state as a checkpoint has it.

    Attributes:
        stage: the number of the stage that the optimizer belongs to.
        optimizer: its tensors, by parameter.
        scaler: of fp16.
        average: the averaged weights, and over how many steps.
    """

    stage: int
    optimizer: dict[str, Tensor]
    scaler: dict[str, Any]
    average: dict[str, Tensor]
    averaged: int

    def put_into(self, learner: Learner, stage: int) -> None:
        """Give it back; the optimizer's part only to the stage it belongs to."""
        learner.scaler.load_state_dict(self.scaler)
        if learner.average is not None:
            device = next(learner.model.parameters()).device
            learner.average.weights = {k: v.to(device) for k, v in self.average.items()}
            learner.average.count = self.averaged
        if stage == self.stage:
            load_named_state(learner.model, learner.optimizer, self.optimizer)


def values_of(model: nn.Module, names: frozenset[str]) -> dict[str, Tensor]:
    """The parameters and buffers called `names`, by name: the tensors themselves.

    Raises:
        ValueError: the model has no such value; names it.
    """
    present = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    if missing := sorted(names - present.keys()):
        raise ValueError(f"{type(model).__name__} has no parameter or buffer {missing[0]!r}")
    return {name: value for name, value in present.items() if name in names}


@torch.no_grad()
def put_back(values: Mapping[str, Tensor], saved: Mapping[str, Tensor]) -> None:
    """Set `values`, in place: the optimizer keeps its hold on them."""
    for name, value in values.items():
        value.copy_(saved[name])


def snapshot_of(identity: str, learner: Learner, state: FoldState, stage: int) -> Snapshot:
    """A checkpoint from which training goes on to the same bits; the values are not copied.

    Raises:
        FoldFailed: training has diverged; such a state is never saved.
    """
    if state.losses:
        checked_mean(state.losses, state.step)
    average = learner.average
    plain = {
        **_plain(identity, state),
        "stage": stage,
        "scaler": learner.scaler.state_dict(),
        "averaged": average.count if average else 0,
    }
    tensors = {
        "progress": _progress(state),
        "model": {name: value.detach() for name, value in learner.learned.items()},
        "optimizer": named_state(learner.model, learner.optimizer),
    }
    if average is not None and average.weights:
        tensors["average"] = average.weights
    if not _is_in_model(plain):
        tensors["best"] = state.best
    return Snapshot(state.step, plain, tensors)


def save_end(folder: Path, identity: str, state: FoldState) -> None:
    """Write what a finished training leaves: the weights to keep and what they predicted.

    Raises:
        StorageError: the disk is full.
    """
    tensors = {"progress": _progress(state), "best": state.best}
    save_checkpoint(folder, state.step, _plain(identity, state), tensors)


def _plain(identity: str, state: FoldState) -> dict[str, Any]:
    return {
        "identity": identity,
        "attempt": state.attempt,
        "looks": state.looks,
        "stale": state.stale,
        "seconds": state.seconds,
        "cpu_seconds": state.cpu_seconds,
        "micro_batch_tokens": state.micro_batch_tokens,
        "ended": state.ended,
        "best_step": state.best_step,
        "best_score": state.best_score,
        "choices": [[choice.step, choice.score, choice.stale] for choice in state.choices],
        "step": state.step,
    }


def _is_in_model(plain: Mapping[str, Any]) -> bool:
    """Whether the best weights so far are those of the model itself, which are saved once then."""
    return plain["best_step"] in (0, plain["step"]) and not plain["averaged"]


def _progress(state: FoldState) -> dict[str, Tensor]:
    progress = {"losses": torch.stack(state.losses)} if state.losses else {}
    if state.best_outputs is not None:
        progress["outputs"] = state.best_outputs
    for half, choice in enumerate(state.choices):
        if choice.outputs is not None:
            progress[f"outputs of half {half}"] = choice.outputs
    return progress


def _choices(plain: Mapping[str, Any], progress: Mapping[str, Tensor]) -> tuple[Choice, Choice]:
    first, second = (
        Choice(step, score, progress.get(f"outputs of half {half}"), stale)
        for half, (step, score, stale) in enumerate(plain["choices"])
    )
    return first, second


def restored_state(
    checkpoint: Checkpoint, identity: str, values: Mapping[str, Tensor]
) -> FoldState:
    """The state that a checkpoint holds, with the model's `values` set.

    Raises:
        StorageError: it belongs to another run.
    """
    plain = checkpoint.state
    if plain["identity"] != identity:
        raise StorageError(
            f"{checkpoint.folder} belongs to another run (other settings, data, folds or code); "
            f"move it away, or begin this run again with --fresh"
        )
    device = next(iter(values.values())).device
    saved = None
    if not plain["ended"]:
        put_back(values, checkpoint.tensors("model"))
        saved = SavedLearner(
            stage=plain["stage"],
            optimizer=checkpoint.tensors("optimizer"),
            scaler=plain["scaler"],
            average=checkpoint.tensors("average") if plain["averaged"] else {},
            averaged=plain["averaged"],
        )
    best = {}
    if plain["best_step"]:
        in_model = not plain["ended"] and _is_in_model(plain)
        best = checkpoint.tensors("model" if in_model else "best")
    progress = checkpoint.tensors("progress")
    losses = progress.get("losses")
    return FoldState(
        attempt=plain["attempt"],
        step=checkpoint.step,
        looks=plain["looks"],
        stale=plain["stale"],
        seconds=plain["seconds"],
        cpu_seconds=plain["cpu_seconds"],
        micro_batch_tokens=plain["micro_batch_tokens"],
        ended=plain["ended"],
        best_step=plain["best_step"],
        best_score=plain["best_score"],
        best={name: value.to(device) for name, value in best.items()},
        best_outputs=progress.get("outputs"),
        choices=_choices(plain, progress),
        losses=[] if losses is None else list(losses.to(device)),
        saved=saved,
    )
