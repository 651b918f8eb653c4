"""The models of a finished run, fold by fold, and what they predict."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import Task
from foldwise.encoders import EncoderFiles
from foldwise.errors import FoldwiseWarning
from foldwise.pipeline.text_chunks import Texts, chunks_of
from foldwise.settings import Hardware, Settings
from foldwise.storage import read_record
from foldwise.training.fold_result import RESULT, FoldResult, check_file

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

    def model_files(self, *names: str) -> list[Path]:
        """The folders of the folds, whose model files `names` are as they were written.

        Raises:
            StorageError: one is missing, or has changed.
        """
        folders = [self.folder / f"fold-{fold}" for fold in self.folds]
        for folder in folders:
            result = read_record(folder / RESULT, FoldResult)
            for name in names:
                check_file(folder, name, result)
        return folders


def tfidf_values(run: FinishedRun, texts: Texts) -> list[Floats]:
    """(texts, outputs) of each fold's model; one model is in memory at a time."""
    from foldwise.training.tfidf_model import MODEL_FILES, joined, load_tfidf

    values = []
    for folder in run.model_files(*MODEL_FILES):
        model = load_tfidf(folder, run.settings.tfidf, run.task)
        chunks = chunks_of(texts, TFIDF_TEXTS, TFIDF_CHARACTERS)
        values.append(np.concatenate([model.predict(joined(chunk)) for chunk in chunks]))
    return values


def encoder_values(run: FinishedRun, texts: Texts) -> list[Floats]:
    """(texts, outputs) of each fold's model; one model is in memory at a time."""
    from foldwise.modeling.model import build_model
    from foldwise.modeling.saving import load_model_weights
    from foldwise.tokenization.tokenizer import load_tokenizer
    from foldwise.tokenization.tokens import tokenize
    from foldwise.training.encoder_fold import MODEL_FILE
    from foldwise.training.forward import Forward
    from foldwise.training.hardware import prepare_process
    from foldwise.training.prediction import predict

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
    forward = Forward(model, hardware)
    budget = run.settings.training.micro_batch_tokens
    parts: list[list[Floats]] = [[] for _ in folders]
    for chunk in chunks_of(texts, ENCODER_TEXTS, ENCODER_CHARACTERS):
        tokens = tokenize(tokenizer, list(chunk), cache=None)  # seen once, so not worth a file
        everything = np.arange(len(chunk), dtype=np.int64)
        for folder, values in zip(folders, parts, strict=True):
            load_model_weights(model, folder / MODEL_FILE)
            raw = predict(forward, tokens, everything, budget)
            values.append(model.predictions(raw).numpy())
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
