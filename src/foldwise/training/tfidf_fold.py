"""One fold of a TF-IDF run: a cheap member that errs differently from an encoder."""

import time

from foldwise.competition.metrics import metric_named, score
from foldwise.predictions.table import Predictions
from foldwise.training.fold import FoldJob
from foldwise.training.fold_result import FoldOutcome, FoldResult, speed_of_test
from foldwise.training.progress import Progress, Report
from foldwise.training.stopping import StopRequest
from foldwise.training.tfidf_model import fit_tfidf, joined, save_tfidf


def train_tfidf_fold(job: FoldJob, report: Report, stop: StopRequest) -> FoldOutcome:
    """The outcome of one fold; it takes seconds, so a stop simply leaves before or after the fit.

    Raises:
        Interrupted: a stop was asked for.
    """
    started = time.monotonic()
    loaded = job.corpus.loaded
    task, outputs = loaded.competition.task, loaded.outputs
    train = loaded.train.take(job.corpus.training_positions(job.fold))
    valid = loaded.train.take(job.corpus.validation_positions(job.fold))
    if train.targets is None or valid.targets is None:
        raise ValueError("training rows have targets")
    report(Progress(job.fold, "fit", 0, 1))
    model = fit_tfidf(job.settings.tfidf, task, joined(train.texts), train.targets, len(outputs))
    stop.raise_if_asked()
    predicted = model.predict(joined(valid.texts))
    before_test = time.monotonic()
    tested = model.predict(joined(loaded.test.texts))
    speed = speed_of_test(time.monotonic() - before_test, len(loaded.test))
    stop.raise_if_asked()
    save_tfidf(model, job.folder)
    value = score(metric_named(loaded.competition.metric, task), valid.targets, predicted).value
    result = FoldResult(
        fold=job.fold,
        score=value,
        rows=len(valid),
        training_rows=len(train),
        looks=0,
        seconds=round(time.monotonic() - started, 2),
        facts={"n_grams": model.coefficients.shape[1], **speed},
        identity=job.identity,
    )
    return FoldOutcome(
        result,
        Predictions(valid.ids, outputs, predicted),
        Predictions(loaded.test.ids, outputs, tested),
    )
