import signal
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, root_mean_squared_error

from foldwise.competition.loading import LoadedCompetition
from foldwise.errors import Interrupted
from foldwise.paths import Project
from foldwise.training.corpus import load_corpus
from foldwise.training.fold import FoldJob
from foldwise.training.progress import Progress, ignore
from foldwise.training.stopping import StopRequest
from foldwise.training.tfidf_fold import train_tfidf_fold
from foldwise.training.tfidf_model import fit_tfidf, joined, load_tfidf
from tests.tiny_competitions import tiny_classification, tiny_pairs, tiny_regression
from tests.tiny_tfidf import tfidf_settings


def job_of(project: Project, competition: str, fold: int = 1) -> FoldJob:
    chosen = tfidf_settings(competition)
    folder = project.run("a") / f"fold-{fold}"
    folder.mkdir(parents=True)
    corpus = load_corpus(project, chosen)
    return FoldJob(folder, fold, chosen, corpus, "identity", None, project.root / "tokens")


def rows_of(job: FoldJob) -> LoadedCompetition:
    return job.corpus.loaded


def test_a_fold_learns_from_the_other_folds_and_predicts_its_own(tmp_path: Path) -> None:
    job = job_of(tiny_regression(tmp_path), "tiny-regression")
    outcome = train_tfidf_fold(job, ignore, StopRequest())

    train, loaded = job.corpus.training_positions(1), rows_of(job)
    valid = loaded.train.take(job.corpus.validation_positions(1))
    texts = joined(loaded.train.take(train).texts)
    reference = fit_tfidf(job.settings.tfidf, "regression", texts, job.corpus.targets()[train], 1)
    np.testing.assert_array_equal(outcome.valid.values, reference.predict(joined(valid.texts)))
    np.testing.assert_array_equal(outcome.test.values, reference.predict(joined(loaded.test.texts)))
    assert (outcome.valid.ids, outcome.test.ids) == (valid.ids, loaded.test.ids)
    assert valid.targets is not None
    expected = root_mean_squared_error(valid.targets, outcome.valid.values)
    assert outcome.result.score == pytest.approx(expected)
    assert (outcome.result.rows, outcome.result.training_rows) == (len(valid), len(train))
    assert outcome.result.looks == 0  # nothing was chosen by looking at the validation rows


def test_classes_are_predicted_as_probabilities(tmp_path: Path) -> None:
    job = job_of(tiny_classification(tmp_path), "tiny-classification")
    outcome = train_tfidf_fold(job, ignore, StopRequest())
    valid = rows_of(job).train.take(job.corpus.validation_positions(1))
    assert outcome.valid.outputs == ("p_dull", "p_fair", "p_fine")
    np.testing.assert_allclose(outcome.valid.values.sum(axis=1), 1)
    assert valid.targets is not None
    expected = accuracy_score(valid.targets[:, 0], outcome.valid.values.argmax(axis=1))
    assert outcome.result.score == pytest.approx(expected)


def test_the_saved_model_is_the_one_that_predicted(tmp_path: Path) -> None:
    job = job_of(tiny_pairs(tmp_path), "tiny-pairs")
    outcome = train_tfidf_fold(job, ignore, StopRequest())
    model = load_tfidf(job.folder, job.settings.tfidf, "regression")
    np.testing.assert_array_equal(
        model.predict(joined(rows_of(job).test.texts)), outcome.test.values
    )


def test_a_pair_is_one_text_on_two_lines() -> None:
    assert joined([("a", "b"), ("c",)]) == ["a\nb", "c"]


def test_a_stop_leaves_no_model_behind(tmp_path: Path) -> None:
    job = job_of(tiny_regression(tmp_path), "tiny-regression")
    stop = StopRequest()

    def report(progress: Progress) -> None:
        stop.ask(signal.SIGTERM)

    with pytest.raises(Interrupted):
        train_tfidf_fold(job, report, stop)
    assert list(job.folder.iterdir()) == []
