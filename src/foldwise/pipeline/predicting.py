"""Predictions of a finished run for texts it has never seen."""

from collections.abc import Sequence

from foldwise.competition.competition import Competition, load_competition
from foldwise.ensembling.record import blend_tables, is_ensemble, read_ensemble
from foldwise.errors import DataError
from foldwise.paths import Project
from foldwise.pipeline.fold_models import encoder_values, finished_run, tfidf_values
from foldwise.pipeline.provenance import check_members
from foldwise.predictions.table import Predictions, mean_of
from foldwise.training.run_scores import read_scores

Texts = Sequence[tuple[str, ...]]


def predict_texts(project: Project, run: str, ids: Sequence[str], texts: Texts) -> Predictions:
    """Predictions of the finished run `run`, the mean over its folds, in the order of `ids`.

    An ensemble blends what its members predict by its formula; a run that several of them share
    predicts once.

    Args:
        project: where.
        run: a finished run.
        ids: one a text, all different.
        texts: with as many parts each as the competition has text columns.

    Raises:
        DataError: the run has not finished, its members have changed, or texts have other parts.
        StorageError: a model file is missing or is not what the run wrote.
    """
    scores = read_scores(project.run(run))
    check_members(project, run)
    competition = load_competition(project.competition(scores.competition))
    check_parts(competition, texts)
    return _predicted(project, run, ids, texts, {})


def _predicted(
    project: Project, run: str, ids: Sequence[str], texts: Texts, known: dict[str, Predictions]
) -> Predictions:
    """Predictions of a run, from `known` where it has predicted before; what is new is added."""
    if run not in known:
        known[run] = (
            _blended(project, run, ids, texts, known)
            if is_ensemble(project.run(run))
            else _by_models(project, run, ids, texts)
        )
    return known[run]


def _blended(
    project: Project, run: str, ids: Sequence[str], texts: Texts, known: dict[str, Predictions]
) -> Predictions:
    ensemble = read_ensemble(project.run(run))
    tables = [_predicted(project, member, ids, texts, known) for member in ensemble.members]
    return blend_tables(ensemble, tables)


def _by_models(project: Project, run: str, ids: Sequence[str], texts: Texts) -> Predictions:
    """The mean over the models of a trained run's folds."""
    finished = finished_run(project, run)
    values_of = tfidf_values if finished.settings.kind == "tfidf" else encoder_values
    outputs = finished.outputs
    return mean_of([Predictions(tuple(ids), outputs, v) for v in values_of(finished, texts)])


def check_parts(competition: Competition, texts: Texts) -> None:
    """Check that each text has as many parts as the competition's.

    Raises:
        DataError: one has not.
    """
    width = len(competition.text)
    wrong = [i for i, text in enumerate(texts) if len(text) != width]
    if wrong:
        raise DataError(
            f"{competition.name} predicts from {' and '.join(competition.text)}: every row has "
            f"{width} texts, but row {wrong[0]} counted from 0 has {len(texts[wrong[0]])}"
        )
