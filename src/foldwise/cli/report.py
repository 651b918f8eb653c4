"""`foldwise report RUN...`."""

from argparse import Namespace
from pathlib import Path

from foldwise.cli.output import Output
from foldwise.paths import find_project
from foldwise.pipeline.run_list import check_exist
from foldwise.tuning.names import is_study, named_study


def run(options: Namespace, output: Output) -> None:
    """Write the report on runs, and say where it is."""
    project = find_project()
    names = [named_study(project, name) for name in options.runs]
    check_exist(project, [name for name in names if not is_study(project.run(name))])
    from foldwise.reporting.report import write_report

    path = None if options.output is None else Path(options.output)
    written = write_report(project, names, path, output.say)
    output.result({"report": written.path, "pictures": written.pictures})
    output.lines([f"report: {written.path}"])
    if written.pictures:
        count, folder = len(written.pictures), written.pictures[0].parent
        output.lines([f"plots: {count} PNGs in {folder}"])
