"""Checks of one inference session against what its case expects."""

from collections.abc import Iterator
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.competition.loading import load_labels
from foldwise.competition.sample import Sample, load_sample
from foldwise.competition.submission import Submission, build_submission, check_submission
from foldwise.errors import FoldwiseError, counted
from foldwise.kaggle.simulation.cases import Case
from foldwise.kaggle.simulation.isolation import rights_bind
from foldwise.kaggle.simulation.outcome import Outcome, short
from foldwise.kaggle.simulation.verdict import Check
from foldwise.predictions.table import Predictions
from foldwise.storage import sha256_of_file

TOLERANCE = 1e-6  # between the kernel's values and the local ones
VALUES = "values are those of foldwise predict"
STATES = {"complete": "complete", "safety net": "safety-net", "refused": "safety-net"}


def isolation_checks(outcome: Outcome) -> Iterator[Check]:
    """Whether the kernel was kept from what Kaggle keeps from it, and kept to the packed wheel."""
    session = outcome.session
    if session is None:
        return
    probed = session.probed
    yield Check("the network is down", bool(probed.network), probed.network or "it is up")
    writing = probed.writing or "a file could be written"
    enforced = outcome.isolation == "namespaces" or rights_bind()
    if enforced:
        yield Check("inputs are read-only", bool(probed.writing), writing)
    yield Check("inputs are as they were", not outcome.changes, ", ".join(outcome.changes[:5]))
    yield Check("no Foldwise but the packed one", not probed.foldwise, probed.foldwise)
    if session.foldwise or session.state == "finished":
        installed = session.foldwise.startswith(outcome.packages)
        seen = session.foldwise or "the notebook imported none"
        yield Check("Foldwise is imported from the packed wheel", installed, seen)


def inference_checks(
    outcome: Outcome, case: Case, competition: Competition, reference: Predictions | None
) -> Iterator[Check]:
    """Whether notebook, report and submission are what the case expects.

    Args:
        outcome: of the session.
        case: what was simulated.
        competition: with the files that the kernel found.
        reference: local predictions for the test rows, where the case expects them.
    """
    yield from isolation_checks(outcome)
    yield _ending_check(outcome, case)
    state = outcome.report.get("state")
    wanted = STATES[case.ending]
    yield Check(f"kernel-report.json says {wanted!r}", state == wanted, f"it says {state!r}")
    sample = load_sample(competition, load_labels(competition))
    submission = _checked(outcome.submission, sample)
    if isinstance(submission, str):
        yield Check("submission.csv is valid", False, submission)
        return
    yield Check("submission.csv is valid", True, counted(len(submission.rows), "row"))
    stated = outcome.report.get("submission")
    same = stated == sha256_of_file(outcome.submission)
    yield Check("the report has the submission's SHA-256", same, f"it says {stated!r}")
    if reference is not None:
        yield values_check(submission, sample, reference)


def _ending_check(outcome: Outcome, case: Case) -> Check:
    session = outcome.session
    if case.ending == "refused":
        named = session is not None and outcome.damaged in session.error
        failed = session is not None and session.state == "failed"
        what = f"the notebook fails and names {outcome.damaged}"
        return Check(what, failed and named, outcome.ending)
    finished = session is not None and session.state == "finished"
    return Check("the notebook runs to its end", finished, outcome.trouble)


def _checked(path: Path, sample: Sample) -> Submission | str:
    """The submission in a file, or why it is none."""
    try:
        return check_submission(path, sample)
    except FoldwiseError as error:
        return short(str(error))


def values_check(submission: Submission, sample: Sample, reference: Predictions) -> Check:
    """Whether the submission shows the local predictions: equal labels, numbers to 1e-6."""
    expected = build_submission(sample, reference.ids, reference.values)
    worst, other = 0.0, 0
    for mine, theirs in zip(submission.rows, expected.rows, strict=True):
        for cell, wanted in zip(mine, theirs, strict=True):
            try:
                worst = max(worst, abs(float(cell) - float(wanted)))
            except ValueError:
                other += cell != wanted
    seen = f"off by {worst:.1e}" + (f", {other} cells differ" if other else "")
    return Check(VALUES, worst <= TOLERANCE and not other, seen)
