"""One fold of an encoder run: build the model, train it, predict validation and test rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler

from foldwise.errors import FoldFailed
from foldwise.modeling.model import TextModel, build_model
from foldwise.modeling.saving import save_model
from foldwise.predictions.table import Predictions
from foldwise.tokenization.tokenizer import Tokenizer, load_tokenizer
from foldwise.tokenization.tokens import Tokens, tokenize
from foldwise.training.fold import FoldJob
from foldwise.training.fold_result import FoldOutcome, FoldResult
from foldwise.training.fold_state import put_back, restored_state, save_state
from foldwise.training.fold_training import FoldTraining, training_length
from foldwise.training.hardware import prepare_process
from foldwise.training.loop import Learner
from foldwise.training.losses import summed_loss
from foldwise.training.param_groups import adamw, frozen_groups
from foldwise.training.prediction import predict
from foldwise.training.progress import Progress, Report
from foldwise.training.schedules import scheduler
from foldwise.training.seeds import seed_for
from foldwise.training.stopping import StopRequest

MODEL_FILE = "model.safetensors"


def train_encoder_fold(job: FoldJob, report: Report, stop: StopRequest) -> FoldOutcome:
    """The outcome of one fold: trained from where it was, or from the beginning.

    Raises:
        FoldFailed: training diverged; the last good checkpoint is kept and no score is given.
        Interrupted: a stop was asked for, and a checkpoint was written.
        StorageError: no room to save, or no checkpoint is whole.
    """
    prepare_process(job.settings.hardware)
    if job.encoder is None:
        raise ValueError("an encoder fold needs the encoder's files")
    tokenizer = load_tokenizer(job.encoder, job.settings.encoder.max_length)
    train = tokenize(tokenizer, job.corpus.loaded.train.texts, job.token_cache)
    stop.raise_if_asked()
    training = _prepared(job, tokenizer, train, stop)
    with out_of_memory_explained(job.settings.training.micro_batch_tokens):
        training.run(report)
    # a stop during the predictions then costs none of the training
    save_state(job.folder, job.identity, training.learner, training.state, last=True)
    put_back(training.learner.model, training.state.best)
    test = tokenize(tokenizer, job.corpus.loaded.test.texts, job.token_cache)
    test_outputs = _predicted_test(job, training.learner.model, test, report, stop)
    save_model(job.folder / MODEL_FILE, training.learner.model)
    return _outcome(job, training, train, test_outputs)


@contextmanager
def out_of_memory_explained(micro_batch_tokens: int) -> Iterator[None]:
    """Turns a GPU's "out of memory" into a failure that names the setting to change."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise FoldFailed(
            f"the GPU's memory is full with micro-batches of {micro_batch_tokens:,} padded tokens "
            f"({str(error).splitlines()[0]}); set training.micro_batch_tokens to half: the batch "
            f"stays the same, and the results but for rounding"
        ) from error


def _prepared(job: FoldJob, tokenizer: Tokenizer, train: Tokens, stop: StopRequest) -> FoldTraining:
    """The training of this fold, in the state of its newest checkpoint."""
    model = _model(job, tokenizer.cls_position)
    optimizer = adamw(model, job.settings)
    hardware = job.settings.hardware
    scaler = GradScaler(hardware.device, enabled=hardware.precision == "fp16")
    state = restored_state(job.folder, job.identity, model, optimizer, scaler)
    schedule = job.settings.schedule
    learner = Learner(
        model=model,
        optimizer=optimizer,
        scheduler=scheduler(optimizer, schedule, training_length(job).total, state.step),
        scaler=scaler,
        loss=summed_loss(job.corpus.loaded.competition.task),
        hardware=hardware,
        max_norm=job.settings.optimizer.max_norm,
    )
    return FoldTraining(job, learner, state, train, stop)


def _model(job: FoldJob, cls_position: Literal["first", "last"]) -> TextModel:
    """The pretrained model with a fresh head, on its device, frozen where the rates say zero."""
    if job.encoder is None:
        raise ValueError("an encoder fold needs the encoder's files")
    chosen, loaded = job.settings, job.corpus.loaded
    torch.manual_seed(seed_for("weights", chosen.seed, job.fold))
    model = build_model(
        job.encoder.folder,
        chosen,
        outputs=len(loaded.outputs),
        task=loaded.competition.task,
        cls_position=cls_position,
    )
    targets = job.corpus.targets()[job.corpus.training_positions(job.fold)]
    model.start_from(torch.from_numpy(targets))
    model.freeze(frozen_groups([group.name for group in model.layer_groups()], chosen.rates))
    return model.to(chosen.hardware.device)


def _predicted_test(
    job: FoldJob, model: TextModel, test: Tokens, report: Report, stop: StopRequest
) -> Tensor:
    total = len(test.lengths)

    def after_batch(done: int) -> None:
        stop.raise_if_asked()
        report(Progress(job.fold, "predict", done, total))

    budget = job.settings.training.micro_batch_tokens
    positions = np.arange(total, dtype=np.int64)
    return predict(model, test, positions, job.settings.hardware, budget, after_batch)


def _outcome(
    job: FoldJob, training: FoldTraining, train: Tokens, test_outputs: Tensor
) -> FoldOutcome:
    loaded, state = job.corpus.loaded, training.state
    model = training.learner.model
    learned, validated = (
        job.corpus.training_positions(job.fold),
        job.corpus.validation_positions(job.fold),
    )
    if state.best_outputs is None or state.best_score is None:
        raise ValueError("a training ends with an evaluation")
    tokens = int(train.lengths[learned].sum()) * training.length.total / training.length.epoch
    result = FoldResult(
        fold=job.fold,
        score=state.best_score,
        rows=len(validated),
        training_rows=len(learned),
        looks=state.looks if job.settings.training.keep == "best" and state.looks > 1 else 0,
        seconds=round(state.seconds, 2),
        facts={
            "kept_step": state.best_step,
            "steps": state.step,
            "tokens_per_second": round(tokens / max(state.seconds, 1e-9)),
            "truncated_texts": int(train.truncated.sum()),
        },
        identity=job.identity,
    )
    valid = model.predictions(state.best_outputs).numpy()
    return FoldOutcome(
        result,
        Predictions(loaded.train.take(validated).ids, loaded.outputs, valid),
        Predictions(loaded.test.ids, loaded.outputs, model.predictions(test_outputs).numpy()),
    )
