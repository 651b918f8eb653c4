"""The models of a finished run, fold by fold, and what they predict."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import Task, load_competition
from foldwise.encoders import EncoderFiles
from foldwise.errors import FoldwiseWarning
from foldwise.paths import Project
from foldwise.settings import Hardware, Settings, load_experiment
from foldwise.storage import read_record
from foldwise.training.fold_result import RESULT, FoldResult, check_file
from foldwise.training.run_scores import read_scores, read_tables

if TYPE_CHECKING:  # torch is imported only where an encoder is asked for
    from foldwise.tokenization.tokenizer import Tokenizer
    from foldwise.training.forward import Forward

Floats = NDArray[np.float64]
Texts = Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class FinishedRun:
    """A trained run, as far as its models need to know it.

    Attributes:
        folder: `runs/<run>`.
        settings: with the hardware it was trained on.
        task: of its competition.
        outputs: names of the predicted columns.
        folds: how many; as many models.
    """

    folder: Path
    settings: Settings
    task: Task
    outputs: tuple[str, ...]
    folds: int

    def model_files(self, *names: str) -> list[Path]:
        """The folders of all folds, whose model files `names` are as they were written.

        Raises:
            StorageError: one is missing, or has changed.
        """
        folders = [self.folder / f"fold-{fold}" for fold in range(self.folds)]
        for folder in folders:
            result = read_record(folder / RESULT, FoldResult)
            for name in names:
                check_file(folder, name, result)
        return folders


def finished_run(project: Project, run: str) -> FinishedRun:
    """The trained run called `run`.

    Raises:
        DataError: it has not finished.
    """
    folder = project.run(run)
    scores = read_scores(folder)
    competition = load_competition(project.competition(scores.competition))
    return FinishedRun(
        folder=folder,
        settings=load_experiment(folder / "settings.toml"),
        task=competition.task,
        outputs=read_tables(folder)[1].outputs,
        folds=len(scores.looks),
    )


def tfidf_values(run: FinishedRun, texts: Texts) -> list[Floats]:
    """(texts, outputs) of each fold's model."""
    from foldwise.training.tfidf_fold import MODEL_FILES, joined
    from foldwise.training.tfidf_model import load_tfidf

    folders = run.model_files(*MODEL_FILES)
    models = [load_tfidf(folder, run.settings.tfidf, run.task) for folder in folders]
    return [model.predict(joined(texts)) for model in models]


@dataclass(frozen=True, eq=False)
class EncoderModels:
    """A run's encoder models, one in memory at a time.

    Attributes:
        folders: of the folds, with the weights.
        forward: through the model, which has random weights until a fold's are loaded.
        tokenizer: of all.
    """

    folders: list[Path]
    forward: "Forward"
    tokenizer: "Tokenizer"

    def of_folds(self, folds: Iterable[int]) -> Iterator["Forward"]:
        """The forward pass with the weights of one after the other of `folds`."""
        from foldwise.modeling.saving import load_model_weights
        from foldwise.training.encoder_fold import MODEL_FILE

        for fold in folds:
            load_model_weights(self.forward.model, self.folders[fold] / MODEL_FILE)
            yield self.forward


def encoder_models(run: FinishedRun) -> EncoderModels:
    """The run's models on the device they predict on.

    Raises:
        StorageError: a model file is missing, or has changed.
    """
    from foldwise.modeling.model import build_model
    from foldwise.tokenization.tokenizer import load_tokenizer
    from foldwise.training.encoder_fold import MODEL_FILE
    from foldwise.training.forward import Forward
    from foldwise.training.hardware import prepare_process

    folders = run.model_files(MODEL_FILE)
    hardware = usable_hardware(run.settings.hardware)
    prepare_process(hardware)
    files = EncoderFiles(run.settings.encoder.name, run.folder / "encoder", "folder")
    tokenizer = load_tokenizer(files, run.settings.encoder.max_length)
    model = build_model(
        files.folder,
        run.settings,
        outputs=len(run.outputs),
        task=run.task,
        pretrained=False,
        cls_position=tokenizer.cls_position,
    ).to(hardware.device)
    return EncoderModels(folders, Forward(model, hardware), tokenizer)


def encoder_values(run: FinishedRun, texts: Texts) -> list[Floats]:
    """(texts, outputs) of each fold's model; one model is in memory at a time."""
    from foldwise.tokenization.tokens import tokenize
    from foldwise.training.prediction import predict

    models = encoder_models(run)
    tokens = tokenize(models.tokenizer, list(texts), cache=None)  # seen once: not worth a file
    everything = np.arange(len(texts), dtype=np.int64)
    values = []
    for forward in models.of_folds(range(run.folds)):
        raw = predict(forward, tokens, everything, run.settings.training.micro_batch_tokens)
        values.append(forward.model.predictions(raw).numpy())
    return values


def usable_hardware(recorded: Hardware) -> Hardware:
    """The hardware a run was trained on, or this machine's CPU where there is no such GPU.

    All cores are used: training gives each only to one of the folds that it trains side by side.
    """
    from foldwise.training.hardware import gpu_fault, usable_cores

    fault = gpu_fault() if recorded.device == "cuda" else None
    threads = usable_cores()
    if fault is None:
        return recorded.model_copy(update={"threads": threads})
    warnings.warn(
        FoldwiseWarning(
            f"the run was trained on a GPU in {recorded.precision}, and here is none ({fault}): "
            f"predicting on the CPU in fp32, which differs in the last digits"
        ),
        stacklevel=2,
    )
    return Hardware(device="cpu", precision="fp32", threads=threads)
