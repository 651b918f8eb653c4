"""The steps of one encoder fold: looks, best weights, checkpoints, stops."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from foldwise.competition.metrics import metric_named, score
from foldwise.errors import DataError, FoldFailed
from foldwise.journal import Journal
from foldwise.tokenization.batches import Batch, epoch_plan
from foldwise.tokenization.tokens import Tokens
from foldwise.training.fold import FoldJob
from foldwise.training.fold_state import FoldState, save_state
from foldwise.training.loop import Learner, check_scale, checked_mean, training_steps
from foldwise.training.prediction import batch_on, predict
from foldwise.training.progress import Progress, Report
from foldwise.training.seeds import seed_for
from foldwise.training.stopping import StopRequest

SAVING_SHARE = 20.0  # train so many times as long as the last checkpoint took to write


@dataclass(frozen=True)
class Length:
    """How long a training is, in optimizer steps: an epoch, the whole, between evaluations."""

    epoch: int
    total: int
    every: int


def training_length(job: FoldJob) -> Length:
    """The length of a fold's training, from its rows and settings."""
    training = job.settings.training
    rows = len(job.corpus.training_positions(job.fold))
    epoch = math.ceil(rows / training.batch_size)
    total = max(1, round(training.epochs * epoch))
    return Length(epoch, total, max(1, math.ceil(epoch / training.evaluations_per_epoch)))


class FoldTraining:
    """One fold's training, from the state it is given to its last step."""

    def __init__(
        self, job: FoldJob, learner: Learner, state: FoldState, tokens: Tokens, stop: StopRequest
    ) -> None:
        self.job = job
        self.learner = learner
        self.state = state
        self.length = training_length(job)
        self.journal = Journal(job.folder / "journal.jsonl")
        self._tokens = tokens
        self._stop = stop
        self._train = job.corpus.training_positions(job.fold)
        self._valid = job.corpus.validation_positions(job.fold)
        self._targets = job.corpus.targets()
        self._metric = metric_named(
            job.corpus.loaded.competition.metric, job.corpus.loaded.competition.task
        )
        self._device = next(learner.model.parameters()).device

    def run(self, report: Report) -> None:
        """Take all remaining steps; the weights to keep are then in the state, not in the model.

        Raises:
            FoldFailed: training diverged.
            Interrupted: a stop was asked for, and a checkpoint was written.
        """
        chosen = self.job.settings
        targets = torch.from_numpy(self._targets).float().to(self._device)
        saved_at = tick = time.monotonic()
        saving_seconds = 0.0
        for step in training_steps(
            self.learner,
            self._batches(),
            targets,
            self._predict_validation_rows,
            numbers=range(self.state.step + 1, self.length.total + 1),
            every=self.length.every,
            seed_of=lambda number: seed_for("dropout", chosen.seed, self.job.fold, number),
            losses=self.state.losses,
        ):
            now = time.monotonic()
            self.state.step, self.state.seconds = step.number, self.state.seconds + now - tick
            tick = now
            if step.outputs is not None:
                self._look(step.outputs)
            leaving = (
                self._stop.asked
            )  # read once: a signal after this line waits for the next step
            if leaving or now - saved_at >= max(
                chosen.training.checkpoint_seconds, SAVING_SHARE * saving_seconds
            ):
                save_state(self.job.folder, self.job.identity, self.learner, self.state)
                saved_at = time.monotonic()
                saving_seconds = saved_at - now if chosen.training.checkpoint_seconds else 0.0
            report(self._progress())
            if leaving:
                self._stop.raise_if_asked()

    def _batches(self) -> Iterator[list[Batch]]:
        """The micro-batches of each step, from the one after the state's."""
        training = self.job.settings.training
        epoch, skipped = divmod(self.state.step, self.length.epoch)
        lengths = self._tokens.lengths[self._train]
        while True:
            seed = seed_for("batches", self.job.settings.seed, self.job.fold, epoch)
            plan = epoch_plan(lengths, training.batch_size, training.micro_batch_tokens, seed)
            for micro_batches in plan[skipped:]:
                yield [
                    batch_on(self._device, self._tokens, self._train[where])
                    for where in micro_batches
                ]
            epoch, skipped = epoch + 1, 0

    def _predict_validation_rows(self) -> Tensor:
        chosen = self.job.settings
        return predict(
            self.learner.model,
            self._tokens,
            self._valid,
            chosen.hardware,
            chosen.training.micro_batch_tokens,
        )

    def _look(self, outputs: Tensor) -> None:
        """Score an evaluation, note it, and keep its weights if they are to predict."""
        state = self.state
        loss = checked_mean(state.losses, state.step)
        check_scale(self.learner.scaler, state.step)
        state.losses.clear()
        state.looks += 1
        value = self._score(outputs)
        first = state.best_score is None
        better = first or self._metric.is_better(value, state.best_score or 0.0)
        kept = better or self.job.settings.training.keep == "last"
        if kept:
            state.keep_as_best(self.learner.model, value, outputs)
        rates = sorted({group["lr"] for group in self.learner.optimizer.param_groups})
        self.journal.write(
            "look", step=state.step, look=state.looks, loss=loss, score=value, kept=kept,
            rates=rates, seconds=round(state.seconds, 2),
        )  # fmt: skip

    def _score(self, outputs: Tensor) -> float:
        predicted = self.learner.model.predictions(outputs).numpy()
        try:
            return score(self._metric, self._targets[self._valid], predicted).value
        except DataError as error:  # predictions that are not finite, or all equal
            raise FoldFailed(
                f"the predictions after step {self.state.step} have no {self._metric.name}: "
                f"{error}; lower rates.top and rates.head"
            ) from error

    def _progress(self) -> Progress:
        return Progress(
            self.job.fold, "train", self.state.step, self.length.total, self.state.best_score
        )
