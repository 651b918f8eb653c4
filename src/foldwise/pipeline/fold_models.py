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
from foldwise.pipeline.text_chunks import Texts, chunks_of
from foldwise.settings import Hardware, Settings, load_experiment
from foldwise.training.fold_result import check_file, read_result
from foldwise.training.run_scores import read_scores, read_test

if TYPE_CHECKING:  # torch is imported only where an encoder is asked for
    from foldwise.tokenization.tokenizer import Tokenizer
    from foldwise.training.forward import Forward
    from foldwise.training.tfidf_model import TfidfModel

Floats = NDArray[np.float64]

# Texts that are worked on at a time. What they take beside their predictions: n-grams about 50
# bytes a character, tokens 5 bytes a token; an encoder's weights are read again for each chunk and
# fold, which takes less than a hundredth of what predicting so many texts does.
TFIDF_TEXTS, TFIDF_CHARACTERS = 8_192, 4_000_000
ENCODER_TEXTS, ENCODER_CHARACTERS = 16_384, 64_000_000


@dataclass(frozen=True)
class FinishedRun:
    """A trained run, as far as its models need to know it.

    Attributes:
        folder: `runs/<run>`.
        settings: with the hardware it was trained on.
        task: of its competition.
        outputs: names of the predicted columns.
        folds: whose models predict.
    """

    folder: Path
    settings: Settings
    task: Task
    outputs: tuple[str, ...]
    folds: tuple[int, ...]

    def model_files(self, *names: str, folds: Iterable[int] | None = None) -> list[Path]:
        """The folders of `folds`, whose model files `names` are as they were written.

        Each file is read whole to be sure of that; None: those of all folds.

        Raises:
            StorageError: one is missing, or has changed.
        """
        chosen = self.folds if folds is None else folds
        folders = [self.folder / f"fold-{fold}" for fold in chosen]
        for folder in folders:
            result = read_result(folder)
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
        outputs=read_test(folder).outputs,
        folds=tuple(range(len(scores.looks))),
    )


def tfidf_models(run: FinishedRun) -> Iterator["TfidfModel"]:
    """The folds' models, each read when it is asked for.

    Raises:
        StorageError: a model file is missing, or has changed; before the first is read.
    """
    from foldwise.training.tfidf_model import MODEL_FILES, load_tfidf

    for folder in run.model_files(*MODEL_FILES):
        yield load_tfidf(folder, run.settings.tfidf, run.task)


def tfidf_values(run: FinishedRun, texts: Texts) -> list[Floats]:
    """(texts, outputs) of each fold's model; one model is in memory at a time."""
    from foldwise.training.tfidf_model import joined

    values = []
    for model in tfidf_models(run):
        chunks = chunks_of(texts, TFIDF_TEXTS, TFIDF_CHARACTERS)
        values.append(np.concatenate([model.predict(joined(chunk)) for chunk in chunks]))
    return values


@dataclass(frozen=True, eq=False)
class EncoderModels:
    """A run's encoder models, one in memory at a time.

    Attributes:
        folders: with the weights, by fold.
        forward: through the model, which has random weights until a fold's are loaded.
        tokenizer: of all.
    """

    folders: dict[int, Path]
    forward: "Forward"
    tokenizer: "Tokenizer"

    def of_folds(self) -> Iterator["Forward"]:
        """The forward pass with the weights of one fold after the other."""
        from foldwise.modeling.saving import load_model_weights
        from foldwise.training.encoder_fold import MODEL_FILE

        for folder in self.folders.values():
            load_model_weights(self.forward.model, folder / MODEL_FILE)
            yield self.forward


def encoder_models(run: FinishedRun, folds: Sequence[int] | None = None) -> EncoderModels:
    """The models of the run's `folds` on the device they predict on; None: of all.

    Raises:
        StorageError: a model file is missing, or has changed.
    """
    from foldwise.modeling.model import build_model
    from foldwise.tokenization.tokenizer import load_tokenizer
    from foldwise.training.encoder_fold import MODEL_FILE
    from foldwise.training.forward import Forward
    from foldwise.training.hardware import prepare_process

    asked = run.folds if folds is None else folds
    folders = dict(zip(asked, run.model_files(MODEL_FILE, folds=asked), strict=True))
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
    budget = run.settings.training.micro_batch_tokens
    parts: list[list[Floats]] = [[] for _ in models.folders]
    for chunk in chunks_of(texts, ENCODER_TEXTS, ENCODER_CHARACTERS):
        tokens = tokenize(models.tokenizer, list(chunk), cache=None)  # seen once: no file
        everything = np.arange(len(chunk), dtype=np.int64)
        for forward, values in zip(models.of_folds(), parts, strict=True):
            raw = predict(forward, tokens, everything, budget)
            values.append(forward.model.predictions(raw).numpy())
    return [np.concatenate(values) for values in parts]


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
