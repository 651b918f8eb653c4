"""The steps of one encoder fold: stages, looks, best weights, checkpoints, stops."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from foldwise.errors import FoldFailed, UsageError
from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.tokenization.batches import Batch, epoch_plan
from foldwise.tokenization.tokens import Tokens
from foldwise.training.checkpoint_writer import CheckpointWriter, writes_aside
from foldwise.training.fold import FoldJob
from foldwise.training.fold_state import FoldState, snapshot_of
from foldwise.training.forward import Forward
from foldwise.training.freezing import Place, Texts, frozen_states
from foldwise.training.frozen_states import FrozenStates
from foldwise.training.hardware import gpu_memory
from foldwise.training.learning import FoldModel, group_rates, new_learner
from foldwise.training.loop import Learner, check_scale, checked_mean, loss_curve, training_steps
from foldwise.training.losses import labels_of
from foldwise.training.memory import MemoryFull, TokenBudget
from foldwise.training.prediction import AfterBatch, do_nothing, predict
from foldwise.training.progress import Progress, Report
from foldwise.training.seeds import seed_for
from foldwise.training.stages import StagePlan, epoch_steps, learn_only, never_learned, stage_at
from foldwise.training.step_batches import step_batches
from foldwise.training.stopping import StopRequest
from foldwise.training.validation import ValidationRows
from foldwise.training.watching import Look

SAVING_SHARE = 20.0  # train so many times as long as the last checkpoint took to write


@dataclass
class Clock:
    """When the last step ended, and when the last checkpoint was begun or written."""

    tick: float
    cpu_tick: float
    saved: float


class FoldTraining:
    """One fold's training, from the state it is given to its last step.

    Attributes:
        made: the model, and what stays with it over all stages.
        plans: the stages.
        validation: the rows that evaluations are of.
        budget: tokens at once, in a training step.
    """

    def __init__(
        self, job: FoldJob, made: FoldModel, state: FoldState, tokens: Tokens, stop: StopRequest
    ) -> None:
        self.job = job
        self.made = made
        self.plans = made.plans
        self.validation = ValidationRows(job.corpus, job.fold)
        self.state = state
        self.journal = Journal(job.folder / JOURNAL)
        self._tokens = tokens
        self._stop = stop
        self._train = job.corpus.training_positions(job.fold)
        self._targets = job.corpus.targets()
        self._device = next(made.model.parameters()).device
        self._writer = CheckpointWriter(job.folder, aside=writes_aside(self._device))
        self._epoch = epoch_steps(len(self._train), job.settings.training.batch_size)
        self._largest = 0
        chosen = job.settings.training.micro_batch_tokens
        longest = int(tokens.lengths.max())
        self.budget = TokenBudget(state.micro_batch_tokens or chosen, longest, self.journal)
        # by the most tokens at once; apart from the steps' own, so that an evaluation that finds
        # memory full changes no later step, resumed or not
        self._predicting: dict[int, TokenBudget] = {}

    @property
    def steps(self) -> int:
        """The steps of all stages."""
        return self.plans[-1].last

    @property
    def is_over(self) -> bool:
        """Whether all steps are taken, or no better score came for too long.

        With cross-fitted choices not to either half of the rows, too: see `choice.consider`.
        """
        chosen = self.job.settings.training
        waited = self.state.has_waited(chosen.patience, halves=chosen.cross_fitted)
        return self.state.ended or waited or self.state.step >= self.steps

    def run(self, report: Report) -> None:
        """Take all remaining steps; the weights to keep are then in the state, not in the model.

        Raises:
            Collapsed: the model predicts the same for every text.
            FoldFailed: training diverged.
            Interrupted: a stop was asked for, and a checkpoint was written.
        """
        self._check_batches()
        with self._writer:
            while not self.is_over:
                self._run_stage(stage_at(self.plans, self.state.step), report)
        if self.state.step < self.steps:
            self.journal.write("stopped early", step=self.state.step, of=self.steps)
        self.state.ended = True

    def _check_batches(self) -> None:
        """Refuse at once what would end training in a later epoch.

        Raises:
            UsageError: a batch norm would meet a micro-batch of one text.
        """
        chosen = self.job.settings
        if chosen.head.norm != "batch":
            return
        lengths = self._tokens.lengths[self._train]
        for epoch in range(-(-self.steps // self._epoch)):
            seed, training = self._seed("batches", epoch), chosen.training
            plan = epoch_plan(lengths, training.batch_size, training.micro_batch_tokens, seed)
            if any(len(rows) < 2 for micro_batches in plan for rows in micro_batches):
                raise UsageError(
                    f"head.norm='batch' compares the texts of a micro-batch, and one of epoch "
                    f"{epoch} has a single text: raise training.micro_batch_tokens or "
                    f"training.batch_size, or choose head.norm='layer'"
                )

    def _run_stage(self, plan: StagePlan, report: Report) -> None:
        chosen = self.job.settings
        begun, cpu_begun = time.monotonic(), time.process_time()
        learn_only(self.made.model, plan.learns)
        with self._freezing(plan, report) as frozen:
            learner = new_learner(chosen, self.made, plan, self.state, frozen, self.job.team)
            if self.state.saved is not None:
                self.state.saved.put_into(learner, plan.number)
                self.state.saved = None
            preparing = time.monotonic() - begun
            self.state.seconds += preparing
            self.state.cpu_seconds += time.process_time() - cpu_begun
            self._take_all_steps(learner, plan, report)
        self.journal.write(
            "stage", stage=plan.number, step=self.state.step, learns=list(plan.learns),
            learning_tokens=self._learning_tokens(plan),
            cached=None if frozen is None else frozen.part, preparing=round(preparing, 2),
            seconds=round(time.monotonic() - begun, 2),
        )  # fmt: skip

    def _learning_tokens(self, plan: StagePlan) -> int:
        """How many tokens of the vocabulary have embeddings that learn in a stage."""
        if "embeddings" not in plan.learns:
            return 0
        return len(self.made.model.encoder.token_embeddings())

    def _freezing(
        self, plan: StagePlan, report: Report
    ) -> AbstractContextManager[FrozenStates | None]:
        """The states of what does not learn in a stage, where they can be kept."""
        job, chosen = self.job, self.job.settings
        pretrained = never_learned(
            self.made.model, plan, self.plans, fresh=chosen.encoder.reinitialise
        )
        # what learned before has other weights in an evaluation of averages than in a step
        averaged = self.made.average is not None and not pretrained
        if averaged or not chosen.training.cache_frozen:
            return nullcontext()
        # not what is left after a halving: a stage that is begun again would freeze other bits
        at_once = chosen.training.micro_batch_tokens
        texts = Texts(self._tokens, at_once, self._while_freezing(report))
        place = Place(job.folder, job.shared, job.identity, self._given_up)
        return frozen_states(place, self.made.model, texts, chosen.hardware, pretrained=pretrained)

    def _given_up(self) -> bool:
        self._stop.raise_if_asked()
        return False

    def _take_all_steps(self, learner: Learner, plan: StagePlan, report: Report) -> None:
        """Take the steps of a stage; one that finds memory full is taken again, in smaller parts.

        It is the same step whenever that happens, before a kill or after: a checkpoint says how
        small the parts had become.
        """
        while True:
            try:
                self._take_steps(learner, plan, report)
            except MemoryFull as full:
                self._use_less_memory(str(full))
            else:
                return

    def _use_less_memory(self, reason: str) -> None:
        """Halve the micro-batches.

        Raises:
            FoldFailed: they cannot be smaller, or a batch norm would compare fewer texts.
        """
        if self.job.settings.head.norm == "batch":
            raise FoldFailed(
                f"the GPU's memory is full with {self._largest:,} tokens at once ({reason}), and "
                f"head.norm='batch' learns something else from smaller micro-batches: set "
                f"training.micro_batch_tokens={self._largest // 2}, or choose head.norm='layer'"
            )
        largest = self.job.team.largest(self._largest)  # all cut a batch in the same parts
        self.budget.halve(reason, largest, step=self.state.step + 1)
        self.state.micro_batch_tokens = self.budget.tokens

    def _take_steps(self, learner: Learner, plan: StagePlan, report: Report) -> None:
        chosen = self.job.settings
        rows = self.job.corpus.loaded.train
        labels = labels_of(self._targets, rows.target_sd, chosen.loss, self._train).to(self._device)
        now = time.monotonic()
        clock = Clock(tick=now, cpu_tick=time.process_time(), saved=now)
        every = max(1, -(-self._epoch // chosen.training.evaluations_per_epoch))
        for step in training_steps(
            learner,
            self._batches(),
            labels,
            lambda: self._predict_validation_rows(learner),
            numbers=range(self.state.step + 1, plan.last + 1),
            due=lambda number: (number - plan.after) % every == 0,
            # each of a team drops out others
            seed_of=lambda number: self._seed("dropout", number) + self.job.team.rank,
            losses=self.state.losses,
        ):
            now = time.monotonic()
            self._count(step.number, clock, now)
            if step.outputs is not None:
                self._look(learner, step.outputs)
            # read once: a signal after this line waits for the next step
            leaving = self.job.team.any(self._stop.asked)
            between = step.number == plan.last < self.steps
            if leaving or between or self._is_due(clock, now):
                self._save(learner, plan, clock)
            report(self._progress())
            if leaving:
                self._leave()
            if self.is_over:
                return

    def _leave(self) -> None:
        if not self._stop.asked:  # only another process of the team was told so far
            self._stop.ask(signal.SIGTERM)
        self._stop.raise_if_asked()

    def _count(self, step: int, clock: Clock, now: float) -> None:
        cpu_now = time.process_time()
        self.state.step = step
        self.state.seconds += now - clock.tick
        self.state.cpu_seconds += cpu_now - clock.cpu_tick
        clock.tick, clock.cpu_tick = now, cpu_now

    def _is_due(self, clock: Clock, now: float) -> bool:
        least = self.job.settings.training.checkpoint_seconds
        if not least:  # every step is to be saved
            return True
        waited = now - clock.saved >= max(least, SAVING_SHARE * self._writer.seconds)
        return waited and not self._writer.is_writing

    def _save(self, learner: Learner, plan: StagePlan, clock: Clock) -> None:
        if not self.job.team.leads:
            return
        self._writer.write(snapshot_of(self.job.identity, learner, self.state, plan.number))
        clock.saved = time.monotonic()

    def _seed(self, purpose: str, number: int) -> int:
        seed, fold, attempt = self.job.settings.seed, self.job.fold, self.state.attempt
        return seed_for(purpose, seed, fold, number, attempt)

    def _batches(self) -> Iterator[list[Batch]]:
        """The micro-batches of each step, from the one after the state's."""
        for batches in step_batches(
            self._tokens,
            self._train,
            self.job.settings.training,
            self._device,
            micro_batch_tokens=self.budget.tokens,
            done=self.state.step,
            seed_of=lambda epoch: self._seed("batches", epoch),
            team=self.job.team,
        ):
            self._largest = max((batch.input_ids.numel() for batch in batches), default=0)
            yield batches

    def _while_freezing(self, report: Report) -> Callable[[int], None]:
        total = len(self._tokens)

        def after_batch(done: int) -> None:
            self._stop.raise_if_asked()  # each stage ends with a checkpoint
            report(Progress(self.job.fold, "freeze", done, total))

        return after_batch

    def _predict_validation_rows(self, learner: Learner) -> Tensor:
        average = learner.average
        with average.applied(learner.learned) if average else nullcontext():
            return self.predicted(learner.forward, self._tokens, self.validation.positions)

    def predicted(
        self,
        forward: Forward,
        tokens: Tokens,
        positions: NDArray[np.int64],
        after_batch: AfterBatch = do_nothing,
    ) -> Tensor:
        """(texts, raw outputs) for the texts at `positions`, fewer at once where memory is full.

        Raises:
            FoldFailed: there is no memory for a single text.
        """
        longest = int(tokens.lengths[positions].max(initial=0))
        largest, chosen = longest * len(positions), self.job.settings.training.micro_batch_tokens
        new = TokenBudget(chosen, longest, self.journal)
        share = self.job.team.share(positions)
        outputs = self._predicting.setdefault(largest, new).within(
            lambda at_once: predict(forward, tokens, share, at_once, after_batch), largest
        )
        return self.job.team.gathered(outputs, len(positions))

    def _look(self, learner: Learner, outputs: Tensor) -> None:
        """Score an evaluation, note it, and keep its weights if they are to predict."""
        state = self.state
        loss = checked_mean(state.losses, state.step)
        losses = loss_curve(state.losses, state.step)
        check_scale(learner.scaler, state.step)
        state.losses.clear()
        state.looks += 1
        predictions = self.made.model.link.predictions(outputs).numpy()
        chosen = self.job.settings.training
        self.validation.check_alive(predictions, state.step, chosen.collapse_steps)
        value = self.validation.score(predictions, state.step)
        first = state.best_score is None
        # the halves may still choose when the whole fold has waited long enough: it keeps its best
        better = not state.has_waited(chosen.patience, halves=False) and (
            first or self.validation.metric.is_better(value, state.best_score or 0.0)
        )
        kept = better or chosen.keep == "last"
        state.stale = 0 if better else state.stale + 1
        if kept:
            averaged = learner.average.weights if learner.average else {}
            state.keep_as_best(averaged or learner.learned, value, outputs)
        self.validation.choose(state, predictions, outputs, chosen.patience)
        self.journal.write(
            "look", step=state.step, look=state.looks, loss=loss, losses=losses, score=value,
            kept=kept, rates=group_rates(learner), seconds=round(state.seconds, 2),
        )  # fmt: skip
        self._show(value, predictions)

    def _show(self, value: float, predictions: NDArray[np.float64]) -> None:
        """Show an evaluation to whoever watches; what they raise ends this training."""
        if self.job.watch is None:
            return
        state = self.state
        self.job.watch(
            Look(
                fold=self.job.fold,
                step=state.step,
                steps=self.steps,
                seconds=state.seconds,
                cpu_seconds=state.cpu_seconds,
                score=value,
                valid=self.validation.table(predictions),
            )
        )

    def _progress(self) -> Progress:
        peak, total = gpu_memory(self.job.settings.hardware.device)
        score = self.state.best_score
        return Progress(self.job.fold, "train", self.state.step, self.steps, score, peak, total)
