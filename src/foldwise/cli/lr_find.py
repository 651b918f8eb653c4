"""`foldwise lr-find EXPERIMENT [key=value ...]`."""

import shlex
import sys
from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.output import Output
from foldwise.cli.plots import page
from foldwise.cli.range_chart import ASCII, BLOCKS, chart_lines
from foldwise.cli.tables import Figure
from foldwise.errors import UsageError
from foldwise.paths import Project, find_project
from foldwise.pipeline.range_files import write_finding
from foldwise.pipeline.rate_finding import FindRequest, RateFinding, find_rates
from foldwise.settings import load_experiment, small_form
from foldwise.training.range_test import Sweep

MEANING = (
    "steepest: where the smoothed loss falls most; minimum / 10: a tenth of the rate where it is "
    "least. Both are places to begin a search, not its end: a few steps say nothing of scores."
)


def run(options: Namespace, output: Output) -> None:
    """Test the rates of an experiment, write the result, and show what it suggests."""
    from foldwise.cli.progress import shown_progress

    project = find_project()
    request = request_of(project, options)
    with shown_progress(output, request.experiment) as report:
        finding = find_rates(project, request, report)
    written = write_finding(project, finding)
    if written.note:
        output.say(f"note: {written.note}")
    output.result({**asdict(finding), "written": written.paths})
    show(finding, output)
    output.lines([f"written: {path}" for path in written.paths])


def request_of(project: Project, options: Namespace) -> FindRequest:
    """What the options ask for.

    Raises:
        UsageError: the experiment is not there or wrong, or so is an option.
    """
    if others := [word for word in options.overrides if "=" not in word]:
        raise UsageError(
            f"foldwise lr-find takes one experiment and settings as key=value, got also "
            f"{others[0]!r}; test them one after the other"
        )
    seed = [] if options.seed is None else [f"seed={options.seed}"]
    path = project.experiment(options.experiment)
    settings = load_experiment(path, [*options.overrides, *seed])
    return FindRequest(
        experiment=f"{path.stem}{'-fast' if options.fast else ''}",
        settings=small_form(settings) if options.fast else settings,
        fold=options.fold,
        stage=options.stage,
        sweep=Sweep(options.lowest, options.highest, options.steps),
    )


def show(finding: RateFinding, output: Output) -> None:
    """The rates of each layer group, what to paste, and the chart."""
    suggestions = finding.suggestions
    rows: list[list[object]] = [
        [name, Figure(f"{peak:.2e}"), *(Figure(f"{s.rates[name]:.2e}") for s in suggestions)]
        for name, peak in finding.peaks.items()
    ]
    title = f"{finding.experiment}: fold {finding.fold}, stages.{finding.stage}"
    output.table(title, ["layer group", "now", *(s.name for s in suggestions)], rows)
    signs = BLOCKS if _has_blocks() else ASCII
    output.whole([*chart_lines(finding, signs, page()), ""])
    output.whole([f"{s.name}: {shlex.join(s.overrides)}" for s in suggestions])
    output.lines([f"note: {note}" for note in finding.notes])
    output.lines([MEANING] if suggestions else [])


def _has_blocks() -> bool:
    """Whether standard output can show what the chart is drawn with."""
    try:
        BLOCKS.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
