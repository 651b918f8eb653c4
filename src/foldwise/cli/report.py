"""`foldwise report RUN...`."""

from argparse import Namespace
from pathlib import Path

from foldwise.cli.new_file import file_named
from foldwise.cli.output import Output
from foldwise.errors import UsageError, counted
from foldwise.paths import find_project
from foldwise.pipeline.run_list import check_exist
from foldwise.tuning.names import is_study, named_study


def run(options: Namespace, output: Output) -> None:
    """Write the report on runs, and say where it is."""
    page = file_named(options, "reports")
    project = find_project()
    names = [named_study(project, name) for name in options.runs]
    check_exist(project, [name for name in names if not is_study(project.run(name))])
    from foldwise.reporting.report import pictures_folder, write_report

    if page is not None and not options.replace:
        _check_no_pictures(pictures_folder(page))
    written = write_report(project, names, page, output.say)
    output.result({"report": written.path, "pictures": written.pictures})
    output.lines([f"report: {written.path}"])
    if written.pictures:
        count, folder = len(written.pictures), written.pictures[0].parent
        output.lines([f"plots: {counted(count, 'PNG')} in {folder}"])


def _check_no_pictures(folder: Path) -> None:
    if any(folder.glob("*.png")):
        raise UsageError(
            f"a report's plots are written to a folder of the page's name, but {folder} holds PNGs "
            f"already; name another page, or add --replace to lose those of the same names"
        )
