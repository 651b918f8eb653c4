"""A submission before anything can go wrong: of each row, what is known of none."""

from dataclasses import replace

import numpy as np

from foldwise.competition.competition import Competition
from foldwise.competition.labels import output_names
from foldwise.competition.rows import Rows
from foldwise.competition.sample import Sample, check_sample, load_sample
from foldwise.competition.submission import (
    Submission,
    build_submission,
    check_submission,
    submission_text,
)
from foldwise.errors import StorageError, counted
from foldwise.kaggle.session.report import SAFETY_NET, write_report
from foldwise.kaggle.session.session import Session
from foldwise.storage import write_text


def lay_safety_net(session: Session, competition: Competition) -> Sample:
    """The sample submission, after `submission.csv` was written with the prior in every row.

    Raises:
        DataError: the sample submission cannot be read or understood.
        StorageError: the package's prior is not one of this competition.
    """
    sample = load_sample(competition, labels_of_outputs(session, competition))
    write_safety_net(session, sample)
    return sample


def write_safety_net(session: Session, sample: Sample) -> None:
    """Write the prior for every id of `sample`, checked, and a report that says so."""
    prior = np.array(session.package.prior, dtype=np.float64)
    values = np.tile(prior, (len(sample.ids), 1))
    write_checked(session, build_submission(sample, sample.ids, values), sample)
    write_report(session, SAFETY_NET, rows=len(sample.ids))


def write_checked(session: Session, submission: Submission, sample: Sample) -> None:
    """Write `submission.csv`, whole or not at all, after every check against the sample.

    Raises:
        DataError: see `check_submission`; the file there before is left as it is.
    """
    text = submission_text(check_submission(submission, sample), sample.format)
    write_text(session.submission, text)


def labels_of_outputs(session: Session, competition: Competition) -> tuple[str, ...]:
    """The labels behind the outputs of a classification, without the training file.

    Raises:
        StorageError: the package's outputs are not those of this competition.
    """
    outputs = session.package.outputs
    labels = tuple(name.removeprefix("p_") for name in outputs)
    labels = labels if competition.task == "classification" else ()
    if list(output_names(competition, labels)) != outputs:
        raise StorageError(
            f"the package {session.folder} predicts {outputs}, which {competition.name} has not; "
            f"build the kernel again"
        )
    return labels


def sample_of_test(
    session: Session, sample: Sample, test: Rows, competition: Competition
) -> Sample:
    """The sample with the ids of the test rows, for which there are predictions.

    On the hidden test Kaggle replaces the test file, and the sample submission not always: there
    the test file decides, which is remarked, and the safety net is laid again.

    Raises:
        DataError: the two have other ids, and this is not the run on the hidden test.
    """
    if set(sample.ids) == set(test.ids):
        return sample
    if not session.rerun:
        check_sample(competition, sample, test)
    session.remark(
        f"the sample submission has {counted(len(sample.ids), 'id')}, the hidden test "
        f"{len(test):,}, which are not the same: the submission has those of the test, in its order"
    )
    changed = replace(sample, ids=test.ids)
    write_safety_net(session, changed)
    return changed
