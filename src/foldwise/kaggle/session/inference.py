"""From the models' predictions to the submission: blended by id, checked, written, reported."""

import shutil
from collections.abc import Sequence

from foldwise.competition.competition import Competition
from foldwise.competition.loading import load_test
from foldwise.competition.rows import Rows
from foldwise.competition.sample import Sample
from foldwise.competition.submission import build_submission
from foldwise.kaggle.session.devices import Devices
from foldwise.kaggle.session.jobs import plan_jobs, trained_runs
from foldwise.kaggle.session.precision import Wanted
from foldwise.kaggle.session.report import (
    COMPLETE,
    PARTIAL,
    SAFETY_NET,
    KernelReport,
    folds_by_run,
    write_report,
)
from foldwise.kaggle.session.safety_net import write_checked
from foldwise.kaggle.session.session import Session
from foldwise.kaggle.session.staging import stage
from foldwise.kaggle.session.workers import Predicted, predict_jobs
from foldwise.pipeline.predicting import composed
from foldwise.pipeline.provenance import check_members
from foldwise.predictions.table import Predictions, mean_of


def stage_inference(session: Session) -> Competition:
    """The competition as Kaggle mounted it: the test rows and the sample submission.

    Raises:
        DataError: the files are nowhere among the inputs.
    """
    return stage(session, ["test", "sample_submission"], session.folder / "runs")


def read_test(session: Session, competition: Competition) -> Rows:
    """The test rows, hidden or public, exactly as they stand in the file; there may be none.

    Raises:
        DataError: the file cannot be read, or ids are empty or stand twice.
    """
    rows = load_test(competition)
    blank = sum(not any(part.strip() for part in text) for text in rows.texts)
    if blank:
        have, they = ("has", "it is") if blank == 1 else ("have", "they are")
        session.remark(f"{blank:,} of {len(rows):,} test rows {have} no text; {they} predicted too")
    return rows


def predict_test(
    session: Session, test: Rows, devices: Devices, precision: Wanted = "auto"
) -> Predicted:
    """What every fold of every member predicts for the test rows, as many as there is time for.

    Raises:
        DataError: members of the ensemble are not those that were blended.
        FoldwiseError: see `predict_jobs`.
    """
    project, run = session.project, session.package.run
    check_members(project, run)
    for remark in devices.remarks:
        session.remark(remark)
    jobs = plan_jobs(project, run, test.texts)
    return predict_jobs(session, jobs, devices.usable, precision)


def blend(
    session: Session, test: Rows, predicted: Predicted, *, allow_fewer_folds: bool = True
) -> Predictions | None:
    """The run's predictions for the test rows, by its own formula; None: the safety net stays.

    Folds that are missing change what the run's score promises, so that the report says so; each
    run needs one at least. Without `allow_fewer_folds` nothing is made of the others.
    """
    runs = trained_runs(session.project, session.package.run)
    by_run = {
        name: [table for (run, _), table in sorted(predicted.tables.items()) if run == name]
        for name in runs
    }
    missing = [name for name, tables in by_run.items() if not tables]
    left, all_folds = len(predicted.left), len(predicted.left) + len(predicted.tables)
    counted = f"{left} of {all_folds} folds had no time"
    if missing:
        session.remark(
            f"{counted}, all of {', '.join(missing)} among them, so that the safety net stays"
        )
        return None
    if left and not allow_fewer_folds:
        session.remark(
            f"{counted}, so that the safety net stays: ALLOW_FEWER_FOLDS = True takes the others"
        )
        return None
    if left:
        session.remark(f"PARTIAL: {counted}; the others predict, and the score promises more")
    whole = composed(session.project, session.package.run, lambda name: mean_of(by_run[name]))
    return whole.aligned_to(test.ids, "the test rows")


def submit(session: Session, sample: Sample, blended: Predictions | None) -> None:
    """Write `submission.csv`, checked, in place of the safety net; which stays without `blended`.

    Raises:
        DataError: the predictions do not fit the sample submission; the safety net stays.
    """
    if blended is not None:
        submission = build_submission(sample, blended.ids, blended.values)
        write_checked(session, submission, sample)


def finish(
    session: Session, test: Rows, predicted: Predicted, blended: Predictions | None
) -> KernelReport:
    """The report, after everything that was only needed in between is removed."""
    state = SAFETY_NET if blended is None else PARTIAL if predicted.left else COMPLETE
    runs: Sequence[str] = trained_runs(session.project, session.package.run)
    report = write_report(
        session,
        state,
        rows=len(test),
        members=list(runs),
        folds=folds_by_run(list(predicted.tables)),
        folds_left=folds_by_run(predicted.left),
        devices=list(predicted.devices),
    )
    shutil.rmtree(session.scratch, ignore_errors=True)
    return report
