"""`foldwise submit RUN`."""

import argparse
from dataclasses import asdict

from foldwise.cli.output import Output, with_error
from foldwise.paths import find_project
from foldwise.pipeline.submitting import submit


def run(options: argparse.Namespace, output: Output) -> None:
    """Write a checked submission, or only check it; show the private score where there is one."""
    project = find_project()
    done = submit(project, options.run, options.name, write=not options.check_only)
    output.result(
        {
            "submission": None if done.path is None else str(done.path),
            "rows": done.rows,
            "oof": {name: asdict(value) for name, value in done.scores.scores.items()},
            "private": {name: asdict(value) for name, value in done.private.items()},
        }
    )
    rows = []
    for name, oof in done.scores.scores.items():
        private = done.private.get(name)
        shown = "" if private is None else with_error(private.value, private.standard_error)
        rows.append([name, with_error(oof.value, oof.standard_error), shown])
    columns = ["", "OOF", *(["private"] if done.private else [])]
    output.table(
        f"{options.run}: {done.scores.competition}", columns, [r[: len(columns)] for r in rows]
    )
    output.lines(
        [
            f"{done.rows:,} rows agree with the sample submission; nothing written"
            if done.path is None
            else f"wrote {done.path} ({done.rows:,} rows) and {done.path.with_suffix('.json').name}"
        ]
    )
