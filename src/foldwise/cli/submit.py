"""`foldwise submit RUN`."""

from argparse import Namespace

from foldwise.cli.output import Output
from foldwise.cli.score_tables import (
    Scored,
    expectation_remarks,
    outside_remarks,
    remarks,
    score_columns,
    score_rows,
    scores_as_json,
)
from foldwise.paths import find_project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.pipeline.run_list import check_exist
from foldwise.pipeline.submitting import Submitted, submit


def run(options: Namespace, output: Output) -> None:
    """Write a checked submission, or only check it; show the private score where there is one."""
    project = find_project()
    check_exist(project, [options.run])
    done = submit(project, options.run, options.name, write=not options.check_only)
    expected = Expecting(project).of(options.run, done.scores)
    output.result(
        {
            "submission": done.path,
            "rows": done.rows,
            "oof": scores_as_json(done.scores.scores),
            "expected": scores_as_json(expected.scores),
            "private": scores_as_json(done.private),
            "looks": done.scores.looks,
        }
    )
    show(options.run, done, expected, output)


def show(name: str, done: Submitted, expected: Expectation, output: Output) -> None:
    """The run's scores, and what was written."""
    runs = [Scored(name, done.scores, done.private, expected)]
    private = bool(done.private)
    title = f"{name}: {done.scores.competition}, {done.scores.rows:,} training rows"
    output.table(title, score_columns(private=private), score_rows(runs, private=private))
    written = (
        f"{done.rows:,} rows agree with the sample submission; nothing written"
        if done.path is None
        else f"wrote {done.path} ({done.rows:,} rows) and {done.path.with_suffix('.json').name}"
    )
    output.lines([*remarks([done.scores]), *expectation_remarks([expected])])
    output.lines([*outside_remarks(runs), written])
