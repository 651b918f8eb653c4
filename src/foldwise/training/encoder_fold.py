"""One fold of an encoder run: build the model, train it, predict validation and test rows."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from foldwise.errors import FoldFailed
from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.modeling.model import build_model
from foldwise.modeling.saving import save_model
from foldwise.predictions.table import Predictions
from foldwise.tokenization.tokenizer import Tokenizer, load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.checkpoint import newest_checkpoint, remove_checkpoints
from foldwise.training.collapse import Collapsed, rates_of_attempt
from foldwise.training.fold import FoldJob
from foldwise.training.fold_result import FoldOutcome, FoldResult, speed_of_test
from foldwise.training.fold_state import FoldState, put_back, restored_state, save_end
from foldwise.training.fold_training import FoldTraining
from foldwise.training.forward import Forward
from foldwise.training.hardware import forget_peak, peak_bytes, prepare_process
from foldwise.training.learning import FoldModel, fold_model
from foldwise.training.memory import MemoryFull, first_line
from foldwise.training.progress import Progress, Report
from foldwise.training.seeds import seed_for
from foldwise.training.stages import epoch_steps
from foldwise.training.stopping import StopRequest

MODEL_FILE = "model.safetensors"


def train_encoder_fold(job: FoldJob, report: Report, stop: StopRequest) -> FoldOutcome:
    """The outcome of one fold: trained from where it was, or from the beginning.

    Raises:
        FoldFailed: training diverged, or collapsed too often; the last good checkpoint is kept and
            no score is given.
        Interrupted: a stop was asked for, and a checkpoint was written.
        StorageError: no room to save, or no checkpoint is whole.
    """
    prepare_process(job.settings.hardware)
    forget_peak(job.settings.hardware.device)
    if job.encoder is None:
        raise ValueError("an encoder fold needs the encoder's files")
    tokenizer = load_tokenizer(job.encoder, job.settings.encoder.max_length)
    train = tokenize(tokenizer, job.corpus.loaded.train.texts, job.token_cache)
    stop.raise_if_asked()
    with out_of_memory_explained():
        training = _trained(job, tokenizer, train, report, stop)
    # a stop during the predictions then costs none of the training
    save_end(job.folder, job.identity, training.state)
    put_back(training.made.learned, training.state.best)
    with out_of_memory_explained():  # of a full GPU
        training.made.model.encoder.learn_whole_vocabulary()
    test = tokenize(tokenizer, job.corpus.loaded.test.texts, job.token_cache)
    before_test = time.monotonic()
    test_outputs = _predicted_test(job, training, test, report, stop)
    speed = speed_of_test(time.monotonic() - before_test, len(test_outputs))
    save_model(job.folder / MODEL_FILE, training.made.model)
    return _outcome(job, training, train, test_outputs, speed)


def _trained(
    job: FoldJob, tokenizer: Tokenizer, train: Tokens, report: Report, stop: StopRequest
) -> FoldTraining:
    """The training of this fold, at its end; begun anew at lower rates where it collapsed."""
    training = _prepared(job, tokenizer, train, stop)
    while True:
        try:
            training.run(report)
        except Collapsed as collapsed:
            training = _begun_anew(job, training, collapsed, tokenizer, train, stop)
        else:
            return training


def _begun_anew(
    job: FoldJob,
    before: FoldTraining,
    collapsed: Collapsed,
    tokenizer: Tokenizer,
    train: Tokens,
    stop: StopRequest,
) -> FoldTraining:
    """The next attempt. Killed in between, the one before collapses again, at the same step.

    Raises:
        FoldFailed: there were as many as the settings allow.
    """
    attempt = before.state.attempt + 1
    before.journal.write(
        "collapsed", step=collapsed.step, spread=collapsed.spread, attempt=attempt - 1,
        next_rates=rates_of_attempt(attempt),
    )  # fmt: skip
    if attempt > job.settings.training.collapse_restarts:
        raise FoldFailed(
            f"training collapsed at step {collapsed.step}: the predictions for different texts "
            f"differ by {collapsed.spread:.1e} of what their targets do, also in the last of "
            f"{attempt} attempts, at {rates_of_attempt(attempt - 1):g} of the rates; lower "
            f"rates.top and rates.head, or lengthen schedule.warmup"
        )
    remove_checkpoints(job.folder)
    state = FoldState(
        attempt=attempt,
        seconds=before.state.seconds,
        cpu_seconds=before.state.cpu_seconds,
        micro_batch_tokens=before.state.micro_batch_tokens,
    )
    made = made_model(job, tokenizer.cls_position, train, attempt)
    return FoldTraining(job, made, state, train, stop)


@contextmanager
def out_of_memory_explained() -> Iterator[None]:
    """Turns a GPU's "out of memory", where micro-batches are not halved by themselves, into words.

    Raises:
        FoldFailed: instead of torch's error.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryFull) as error:
        raise FoldFailed(
            f"the GPU's memory is full ({first_line(error)}); end other programs on this GPU, set "
            f"training.micro_batch_tokens to half (the batch stays the same), choose a smaller "
            f"encoder, or freeze layers with encoder.frozen"
        ) from error


def _prepared(job: FoldJob, tokenizer: Tokenizer, train: Tokens, stop: StopRequest) -> FoldTraining:
    """The training of this fold, in the state of its newest checkpoint."""
    journal = Journal(job.folder / JOURNAL)
    checkpoint = newest_checkpoint(job.folder, journal)
    # what does not learn is not saved: it is made again, from the seeds of the same attempt
    attempt = 0 if checkpoint is None else int(checkpoint.state["attempt"])
    made = made_model(job, tokenizer.cls_position, train, attempt)
    state = FoldState()
    if checkpoint is not None:
        state = restored_state(checkpoint, job.identity, made.learned)
        journal.write("resumed", step=checkpoint.step, checkpoint=checkpoint.folder.name)
    return FoldTraining(job, made, state, train, stop)


def made_model(
    job: FoldJob, cls_position: Literal["first", "last"], train: Tokens, attempt: int
) -> FoldModel:
    """The pretrained model with a fresh head, on its device, and what stays with it."""
    if job.encoder is None:
        raise ValueError("an encoder fold needs the encoder's files")
    chosen, loaded = job.settings, job.corpus.loaded
    torch.manual_seed(seed_for("weights", chosen.seed, job.fold, attempt))
    model = build_model(
        job.encoder.folder,
        chosen,
        outputs=len(loaded.outputs),
        task=loaded.competition.task,
        cls_position=cls_position,
    )
    learned_from = job.corpus.training_positions(job.fold)
    model.start_from(torch.from_numpy(job.corpus.targets()[learned_from]))
    epoch = epoch_steps(len(learned_from), chosen.training.batch_size)
    return fold_model(
        model.to(chosen.hardware.device),
        chosen,
        loaded.competition.task,
        epoch,
        train.vocabulary(learned_from),
    )


def _predicted_test(
    job: FoldJob, training: FoldTraining, test: Tokens, report: Report, stop: StopRequest
) -> Tensor:
    positions = np.arange(len(test.lengths), dtype=np.int64)
    total = len(job.team.share(positions))

    def after_batch(done: int) -> None:
        stop.raise_if_asked()
        report(Progress(job.fold, "predict", done, total))

    forward = Forward(training.made.model, job.settings.hardware)
    return training.predicted(forward, test, positions, after_batch)


def _outcome(
    job: FoldJob,
    training: FoldTraining,
    train: Tokens,
    test_outputs: Tensor,
    speed: dict[str, float],
) -> FoldOutcome:
    loaded, state = job.corpus.loaded, training.state
    model = training.made.model
    learned = job.corpus.training_positions(job.fold)
    if state.best_outputs is None:
        raise ValueError("a training ends with an evaluation")
    chosen = job.settings.training.keep == "best" and state.looks > 1
    honest = chosen and job.settings.training.cross_fitted
    best = training.validation.table(model.predictions(state.best_outputs).numpy())
    valid = best
    if honest:
        outputs = training.validation.honest_outputs(state)
        valid = training.validation.table(model.predictions(outputs).numpy())
    epoch = epoch_steps(len(learned), job.settings.training.batch_size)
    tokens = int(train.lengths[learned].sum()) * state.step / epoch
    result = FoldResult(
        fold=job.fold,
        score=training.validation.score(valid.values, state.step),
        rows=len(valid),
        training_rows=len(learned),
        looks=state.looks if chosen and not honest else 0,
        seconds=round(state.seconds, 2),
        facts={
            "evaluations": state.looks,
            "kept_step": state.best_step,
            "steps": state.step,
            "planned_steps": training.steps,
            "tokens_per_second": round(tokens / max(state.seconds, 1e-9)),
            "truncated_texts": int(train.truncated.sum()),
            "collapses": state.attempt,
            **({"micro_batch_tokens": halved} if (halved := state.micro_batch_tokens) else {}),
            **_cpu_seconds(job, state),
            **speed,
            "peak_memory_bytes": peak_bytes(job.settings.hardware.device),
        },
        identity=job.identity,
    )
    test = Predictions(loaded.test.ids, loaded.outputs, model.predictions(test_outputs).numpy())
    return FoldOutcome(result, valid, test, best if honest else None)


def _cpu_seconds(job: FoldJob, state: FoldState) -> dict[str, float]:
    """On a CPU, what training took of it; a GPU's work does not show there."""
    on_cpu = job.settings.hardware.device == "cpu"
    return {"cpu_seconds": round(state.cpu_seconds, 2)} if on_cpu else {}
