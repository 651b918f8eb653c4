"""Predictions of a finished run for texts it has never seen."""

from collections.abc import Callable, Sequence

from foldwise.competition.competition import Competition, load_competition
from foldwise.ensembling.record import blend_tables, is_ensemble, read_ensemble
from foldwise.errors import DataError, counted
from foldwise.paths import Project
from foldwise.pipeline.fold_models import FinishedRun, encoder_values, finished_run, tfidf_values
from foldwise.pipeline.provenance import check_members
from foldwise.pipeline.text_chunks import Texts
from foldwise.predictions.table import Predictions, mean_of
from foldwise.training.run_scores import read_scores

OfTrained = Callable[[str], Predictions]


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
    return composed(project, run, lambda name: mean_of(by_fold(project, name, ids, texts)))


def composed(project: Project, run: str, of_trained: OfTrained) -> Predictions:
    """Predictions of a run, made of those of the trained runs below it by the ensembles' formulas.

    `of_trained` is asked once for each of them, by name, whatever the number of members it is.
    """
    known: dict[str, Predictions] = {}

    def of(name: str) -> Predictions:
        if name not in known:
            folder = project.run(name)
            if is_ensemble(folder):
                ensemble = read_ensemble(folder)
                known[name] = blend_tables(ensemble, [of(member) for member in ensemble.members])
            else:
                known[name] = of_trained(name)
        return known[name]

    return of(run)


def by_fold(project: Project, run: str, ids: Sequence[str], texts: Texts) -> list[Predictions]:
    """What each fold's model of a trained run predicts, in the order of `ids`."""
    return predicted_by(finished_run(project, run), ids, texts)


def predicted_by(finished: FinishedRun, ids: Sequence[str], texts: Texts) -> list[Predictions]:
    """What the models of a trained run predict, one table a fold, in the order of `ids`."""
    values_of = tfidf_values if finished.settings.kind == "tfidf" else encoder_values
    tables = values_of(finished, texts)
    return [Predictions(tuple(ids), finished.outputs, values) for values in tables]


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
            f"{counted(width, 'text')}, but row {wrong[0]} counted from 0 has "
            f"{len(texts[wrong[0]])}"
        )
