"""`foldwise run EXPERIMENT...`."""

import argparse
from contextlib import ExitStack
from dataclasses import asdict

from foldwise.cli.output import Output, with_error
from foldwise.cli.progress import shown_progress
from foldwise.cli.train import request_of
from foldwise.paths import find_project
from foldwise.pipeline.everything import Everything, Line, run_everything
from foldwise.training.progress import Report
from foldwise.training.run import RunRequest
from foldwise.training.stopping import stop_on_signals


def run(options: argparse.Namespace, output: Output) -> None:
    """Take every stage that is not done yet, and show what the runs are worth."""
    project = find_project()
    requests = [request_of(project, name, (), options) for name in options.experiments]
    name = options.name or default_name(requests, fast=options.fast)
    with ExitStack() as stack, stop_on_signals() as stop:

        def report(request: RunRequest) -> Report:
            return stack.enter_context(shown_progress(output, request.name))

        done = run_everything(project, requests, name, stop, say=output.say, report=report)
    output.result(as_json(done))
    show(done, output)


def default_name(requests: list[RunRequest], *, fast: bool) -> str:
    """The name of the submission: the run's, or the competition's for several runs."""
    if len(requests) == 1:
        return requests[0].name
    return f"{requests[0].settings.competition}-fast" if fast else requests[0].settings.competition


def show(done: Everything, output: Output) -> None:
    """The closing table: out-of-fold and private scores side by side."""
    first = done.lines[0].scores
    names = list(first.scores)
    columns = ["run", *(f"OOF {name}" for name in names)]
    columns += [f"private {name}" for name in done.lines[0].private]
    output.table(
        f"{first.competition}: {first.rows:,} training rows, {len(first.looks)} folds",
        columns,
        [[*_cells(line)] for line in done.lines],
    )
    looks = max(look for line in done.lines for look in line.scores.looks)
    if looks:
        output.lines([f"OOF: the best of up to {looks} looks at each fold, slightly optimistic."])
    output.lines(["± is one standard error, of the rows' sampling alone."])
    output.lines([f"submission: {done.submitted.path} ({done.submitted.rows:,} rows)"])


def _cells(line: Line) -> list[str]:
    oof = [with_error(s.value, s.standard_error) for s in line.scores.scores.values()]
    private = [with_error(s.value, s.standard_error) for s in line.private.values()]
    return [line.run, *oof, *private]


def as_json(done: Everything) -> dict[str, object]:
    """The closing table for programs."""
    return {
        "submission": str(done.submitted.path),
        "rows": done.submitted.rows,
        "runs": [
            {
                "run": line.run,
                "oof": {name: asdict(value) for name, value in line.scores.scores.items()},
                "private": {name: asdict(value) for name, value in line.private.items()},
                "looks": line.scores.looks,
                "folds_trained_now": line.trained,
            }
            for line in done.lines
        ],
    }
