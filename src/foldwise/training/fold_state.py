"""Everything a fold's training must remember from one step to the next."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import AdamW

from foldwise.errors import StorageError
from foldwise.journal import Journal
from foldwise.training.checkpoint import newest_checkpoint, save_checkpoint
from foldwise.training.loop import Learner, checked_mean
from foldwise.training.param_groups import load_named_state, named_state


@dataclass
class FoldState:
    """The state of a fold, besides its learner's.

    Attributes:
        step: optimizer steps taken.
        looks: evaluations of the validation rows so far.
        seconds: spent in training, over all sittings.
        best_step: the step whose weights predicted the validation rows best; 0: none yet.
        best_score: their score.
        best: their trainable weights.
        best_outputs: (texts, outputs), what they predicted for the validation rows.
        losses: loss and gradient norm, (2,), of the steps since the last evaluation.
    """

    step: int = 0
    looks: int = 0
    seconds: float = 0.0
    best_step: int = 0
    best_score: float | None = None
    best: dict[str, Tensor] = field(default_factory=dict)
    best_outputs: Tensor | None = None
    losses: list[Tensor] = field(default_factory=list)

    def keep_as_best(self, model: nn.Module, score: float, outputs: Tensor) -> None:
        """Remember the model's weights, and what they predicted, as the best so far."""
        self.best_step, self.best_score, self.best_outputs = self.step, score, outputs
        self.best = {name: value.detach().clone() for name, value in trainable(model).items()}


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name; frozen ones are those of the encoder's own files."""
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def put_back(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Set the trainable weights, in place: the optimizer keeps its hold on them."""
    with torch.no_grad():
        for name, parameter in trainable(model).items():
            parameter.copy_(weights[name])


def save_state(
    folder: Path, identity: str, learner: Learner, state: FoldState, *, last: bool = False
) -> None:
    """Write a checkpoint from which training goes on to the same bits.

    After the last step nothing is trained any more: only the weights to keep are saved.

    Raises:
        FoldFailed: training has diverged; such a state is never saved.
        StorageError: the disk is full.
    """
    if state.losses:
        checked_mean(state.losses, state.step)
    plain: dict[str, Any] = {
        "identity": identity,
        "looks": state.looks,
        "seconds": state.seconds,
        "best_step": state.best_step,
        "best_score": state.best_score,
        "scaler": learner.scaler.state_dict(),
        "last": last,
    }
    progress = {"losses": torch.stack(state.losses)} if state.losses else {}
    if state.best_outputs is not None:
        progress["outputs"] = state.best_outputs
    tensors = {"progress": progress}
    if last or state.best_step != state.step:  # else the model itself is the best so far
        tensors["best"] = state.best
    if not last:
        weights = trainable(learner.model)
        tensors["model"] = {name: value.detach() for name, value in weights.items()}
        tensors["optimizer"] = named_state(learner.model, learner.optimizer)
    save_checkpoint(folder, state.step, plain, tensors)


def restored_state(
    folder: Path, identity: str, model: nn.Module, optimizer: AdamW, scaler: GradScaler
) -> FoldState:
    """The state of the newest whole checkpoint, loaded into model and optimizer; else a new state.

    Raises:
        StorageError: every checkpoint is damaged, or it belongs to another run.
    """
    journal = Journal(folder / "journal.jsonl")
    checkpoint = newest_checkpoint(folder, journal)
    if checkpoint is None:
        return FoldState()
    plain = checkpoint.state
    if plain["identity"] != identity:
        raise StorageError(
            f"{checkpoint.folder} belongs to another run (other settings, data, folds or code); "
            f"move it away, or begin this run again with --fresh"
        )
    if not plain["last"]:
        put_back(model, checkpoint.tensors("model"))
        load_named_state(model, optimizer, checkpoint.tensors("optimizer"))
        scaler.load_state_dict(plain["scaler"])
    is_best = not plain["last"] and plain["best_step"] == checkpoint.step
    best = checkpoint.tensors("model" if is_best else "best") if plain["best_step"] else {}
    device = next(model.parameters()).device
    progress = checkpoint.tensors("progress")
    losses = progress.get("losses")
    journal.write("resumed", step=checkpoint.step, checkpoint=checkpoint.folder.name)
    return FoldState(
        step=checkpoint.step,
        looks=plain["looks"],
        seconds=plain["seconds"],
        best_step=plain["best_step"],
        best_score=plain["best_score"],
        best={name: value.to(device) for name, value in best.items()},
        best_outputs=progress.get("outputs"),
        losses=[] if losses is None else list(losses.to(device)),
    )
