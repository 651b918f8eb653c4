"""`foldwise run EXPERIMENT...`."""

import signal
from argparse import Namespace
from collections.abc import Sequence

from foldwise.cli.blends import blend_lines
from foldwise.cli.failures import interrupted
from foldwise.cli.output import Output
from foldwise.cli.requests import request_of_run, trained
from foldwise.cli.score_tables import (
    Scored,
    expectation_remarks,
    outside_remarks,
    remarks,
    score_columns,
    score_rows,
    scores_as_json,
)
from foldwise.errors import Complaints, FoldwiseError, Interrupted, UsageError, counted
from foldwise.paths import Project, find_project
from foldwise.pipeline.everything import Everything, run_everything
from foldwise.reporting.report import write_report
from foldwise.training.run import RunRequest


def run(options: Namespace, output: Output) -> int:
    """Take every stage that is not done yet, and show what the runs are worth."""
    project = find_project()
    requests = requests_of(project, options)
    name = options.name or default_name(requests, fast=options.fast)
    done = run_everything(
        project,
        requests,
        name,
        say=output.say,
        train=lambda request: trained(project, request, output),
        seeds=options.seeds or (),
    )
    output.result({**as_json(done), "report": None})
    show(done, output)
    return with_report(project, done, output)


def with_report(project: Project, done: Everything, output: Output) -> int:
    """The exit code once the report on what was submitted is written, or it is said why it is not.

    The submission is written, checked and shown by then: nothing that goes wrong with a report,
    foreseen or not, takes anything from it.
    """
    run = done.lines[-1].run
    output.say(f"report on {run}")
    try:
        path = write_report(project, [run]).path
    except KeyboardInterrupt:
        return without_report(run, interrupted(signal.SIGINT), output)
    except Exception as error:  # noqa: BLE001
        return without_report(run, error, output)
    output.result({**as_json(done), "report": path})
    output.lines([f"report: {path}"])
    return 0


def without_report(run: str, error: Exception, output: Output) -> int:
    """The exit code where `error` cost the report, which is said: 0 unless a signal stopped it."""
    told = str(error) if isinstance(error, FoldwiseError) else f"{type(error).__name__}: {error}"
    output.say(f"note: no report: {told}; try again with: foldwise report {run}")
    return error.exit_code if isinstance(error, Interrupted) else 0


def requests_of(project: Project, options: Namespace) -> list[RunRequest]:
    """One request an experiment.

    Raises:
        UsageError: what is wrong with any of the experiments, all at once.
    """
    requests, complaints = [], Complaints()
    for experiment in options.experiments:
        try:
            requests.append(request_of_run(project, experiment, options))
        except UsageError as error:
            complaints.extend(error.complaints)
    complaints.raise_if_any(UsageError)
    return requests


def default_name(requests: Sequence[RunRequest], *, fast: bool) -> str:
    """The name of the submission: the run's, or the competition's for several runs."""
    if len(requests) == 1:
        return requests[0].name
    return f"{requests[0].settings.competition}{'-fast' if fast else ''}"


def show(done: Everything, output: Output) -> None:
    """The closing table: out-of-fold and private scores side by side."""
    first = done.lines[0].scores
    runs = [Scored(x.run, x.scores, x.private, x.expected) for x in done.lines]
    private = bool(done.submitted.private)
    output.table(
        f"{first.competition}: {first.rows:,} training rows, {len(first.looks)} folds",
        score_columns(private=private),
        score_rows(runs, private=private),
    )
    last = done.lines[-1]
    blend = blend_lines(last.run, done.ensemble, last.scores) if done.ensemble else []
    submission = f"submission: {done.submitted.path} ({counted(done.submitted.rows, 'row')})"
    output.lines(remarks([line.scores for line in done.lines]))
    output.lines(expectation_remarks([line.expected for line in done.lines]))
    output.lines(outside_remarks(runs))
    output.lines([*blend, submission])


def as_json(done: Everything) -> dict[str, object]:
    """The closing table for programs."""
    return {
        "submission": done.submitted.path,
        "rows": done.submitted.rows,
        "runs": [
            {
                "run": line.run,
                "kind": line.scores.kind,
                "oof": scores_as_json(line.scores.scores),
                "expected": scores_as_json(line.expected.scores),
                "private": scores_as_json(line.private),
                "looks": line.scores.looks,
                "folds_trained_now": line.trained,
            }
            for line in done.lines
        ],
    }
