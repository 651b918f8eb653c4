"""Predictions of a finished run for texts it has never seen."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.labels import output_names
from foldwise.competition.loading import load_training_file
from foldwise.encoders import EncoderFiles
from foldwise.ensembling.ensemble import is_ensemble, read_ensemble
from foldwise.errors import DataError
from foldwise.modeling.model import build_model
from foldwise.modeling.saving import load_model_weights
from foldwise.paths import Project, cache_folder
from foldwise.predictions.table import Predictions, mean_of, weighted_mean
from foldwise.settings import Settings, load_experiment
from foldwise.storage import read_json
from foldwise.tokenization.tokenizer import load_tokenizer
from foldwise.tokenization.tokens import tokenize
from foldwise.training.encoder_fold import MODEL_FILE
from foldwise.training.fold_result import FoldResult, check_file
from foldwise.training.hardware import prepare_process
from foldwise.training.losses import probabilities_or_values
from foldwise.training.prediction import predict
from foldwise.training.run_scores import read_scores
from foldwise.training.tfidf_fold import MODEL_FILES, joined
from foldwise.training.tfidf_model import load_tfidf

Texts = Sequence[tuple[str, ...]]


def predict_texts(project: Project, run: str, ids: Sequence[str], texts: Texts) -> Predictions:
    """Predictions of the finished run `run`, the mean over its folds, in the order of `ids`.

    An ensemble predicts the weighted mean of its members.

    Raises:
        DataError: the run has not finished.
        StorageError: a model file is missing or is not what the run wrote.
    """
    folder = project.run(run)
    scores = read_scores(folder)
    if is_ensemble(folder):
        ensemble = read_ensemble(folder)
        tables = [predict_texts(project, member, ids, texts) for member in ensemble.members]
        return weighted_mean(tables, ensemble.weights)
    competition = load_competition(project.competition(scores.competition))
    outputs = output_names(competition, load_training_file(competition).labels)
    chosen = load_experiment(folder / "settings.toml")
    folds = [folder / f"fold-{fold}" for fold in range(len(scores.looks))]
    by_fold = _tfidf if chosen.kind == "tfidf" else _encoder
    values = by_fold(folder, folds, chosen, competition, outputs, texts)
    return mean_of([Predictions(tuple(ids), outputs, array) for array in values])


def check_pairs(competition: Competition, texts: Texts) -> None:
    """Check that each text has as many parts as the competition's.

    Raises:
        DataError: one has not.
    """
    wrong = [text for text in texts if len(text) != len(competition.text)]
    if wrong:
        raise DataError(
            f"{competition.name} predicts from {' and '.join(competition.text)}: give "
            f"{len(competition.text)} texts, got {len(wrong[0])}"
        )


def _result(fold: Path) -> FoldResult:
    return FoldResult(**read_json(fold / "result.json"))


def _tfidf(
    _run: Path,
    folds: Sequence[Path],
    chosen: Settings,
    competition: Competition,
    _outputs: Sequence[str],
    texts: Texts,
) -> "list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]":
    for fold in folds:
        for name in MODEL_FILES:
            check_file(fold, name, _result(fold))
    models = [load_tfidf(fold, chosen.tfidf, competition.task) for fold in folds]
    return [model.predict(joined(texts)) for model in models]


def _encoder(
    run: Path,
    folds: Sequence[Path],
    chosen: Settings,
    competition: Competition,
    outputs: Sequence[str],
    texts: Texts,
) -> "list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]":
    prepare_process(chosen.hardware)
    files = EncoderFiles(chosen.encoder.name, run / "encoder", "folder")
    tokenizer = load_tokenizer(files, chosen.encoder.max_length)
    tokens = tokenize(tokenizer, list(texts), cache_folder("tokens"))
    model = build_model(
        files.folder,
        chosen,
        outputs=len(outputs),
        task=competition.task,
        pretrained=False,
        cls_position=tokenizer.cls_position,
    ).to(chosen.hardware.device)
    everything = np.arange(len(texts), dtype=np.int64)
    budget = chosen.training.micro_batch_tokens
    values = []
    for fold in folds:  # one model in memory at a time
        load_model_weights(model, check_file(fold, MODEL_FILE, _result(fold)))
        raw = predict(model, tokens, everything, chosen.hardware, budget)
        values.append(probabilities_or_values(competition.task, raw).numpy())
    return values
