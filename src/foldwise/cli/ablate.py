"""`foldwise ablate EXPERIMENT key=a,b ...`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.engines import engine_of
from foldwise.cli.output import Output
from foldwise.cli.plots import cells, page, signs
from foldwise.cli.requests import trained
from foldwise.comparing.ablation import Ablation
from foldwise.comparing.ablation_table import remarks, table_of, title_of
from foldwise.comparing.forest import forest_lines
from foldwise.errors import FoldFailed
from foldwise.paths import find_project
from foldwise.pipeline.ablating import ablate
from foldwise.pipeline.ablation_files import write_ablation
from foldwise.pipeline.ablation_plan import AblationRequest


def run(options: Namespace, output: Output) -> None:
    """Train the base and each variant, and show what each changes.

    Raises:
        FoldFailed: a variant failed; the others are shown and written.
    """
    project = find_project()
    plan, found = ablate(
        project,
        request_of(options),
        say=output.say,
        train=lambda request: trained(project, request, output),
    )
    written = write_ablation(plan.folder, found)
    if written.note:
        output.say(f"note: {written.note}")
    output.result(asdict(found))
    show(found, output)
    output.lines([f"written: {path}" for path in written.paths])
    if failed := found.of_state("failed"):
        where = f"the others are in {written.paths[0]}"
        raise FoldFailed(*(f"{v.name} failed, {v.reason}; {where}" for v in failed))


def request_of(options: Namespace) -> AblationRequest:
    """What the options ask for."""
    return AblationRequest(
        experiment=options.experiment,
        words=tuple(options.variants),
        overrides=tuple(options.base),
        name=options.name,
        seeds=options.seeds,
        folds=options.folds,
        fast=options.fast,
        fresh=options.fresh,
        workers=options.workers,
        engine=engine_of(options),
        max_seconds=options.max_time,
    )


def show(found: Ablation, output: Output) -> None:
    """The table, the plot, and what they mean."""
    table = table_of(found)
    output.table(title_of(found), table.columns, cells(table))
    plot = forest_lines(found, signs(), page())
    output.whole([*plot, *([""] if plot else [])])
    output.lines(remarks(found))
