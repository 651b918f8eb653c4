"""`foldwise tune EXPERIMENT [key=value ...]`."""

from argparse import Namespace
from dataclasses import asdict

from foldwise.cli.engines import engine_of
from foldwise.cli.output import Output
from foldwise.cli.tables import Figure
from foldwise.cli.tune_progress import shown_study
from foldwise.errors import FoldFailed, UsageError
from foldwise.paths import find_project
from foldwise.pipeline.tuning import Tuned, tune
from foldwise.training.stopping import stop_on_signals
from foldwise.tuning.page import columns_of, remarks, row_of, title_of
from foldwise.tuning.request import TuneRequest
from foldwise.tuning.result import SHOWN


def run(options: Namespace, output: Output) -> None:
    """Tune what has a range, show the best trials, and say where the files are.

    Raises:
        FoldFailed: no trial has finished, and some failed.
    """
    request = request_of(options)
    with stop_on_signals() as stop, shown_study(output) as shown:
        tuned = tune(find_project(), request, stop, say=shown.say, show=shown.progress)
    for note in tuned.notes:
        output.say(f"note: {note}")
    experiment = None if tuned.experiment is None else str(tuned.experiment)
    output.result({**asdict(tuned.result), "written": experiment})
    show(tuned, output)
    failed = tuned.result.of_state("failed")
    if failed and tuned.result.best is None:
        raise FoldFailed(*(f"trial {t.number} failed: {t.outcome.reason}" for t in failed))


def request_of(options: Namespace) -> TuneRequest:
    """What the options ask for.

    Raises:
        UsageError: a word is neither the experiment nor a setting.
    """
    if others := [word for word in options.overrides if "=" not in word]:
        raise UsageError(
            f"foldwise tune takes one experiment and settings as key=value, got also {others[0]!r}"
        )
    return TuneRequest(
        experiment=options.experiment,
        overrides=tuple(options.overrides),
        trials=options.trials,
        name=options.name,
        folds=options.folds,
        fast=options.fast,
        workers=options.workers,
        max_seconds=options.max_time,
        pruner=options.pruner,
        level=options.level,
        partners=options.partners,
        fresh=options.fresh,
        engine=engine_of(options),
    )


def show(tuned: Tuned, output: Output) -> None:
    """The best ten trials, what the study found, and where it is written."""
    result = tuned.result
    rows = [[*map(_cell, row_of(result, trial))] for trial in result.ranked()[:SHOWN]]
    output.table(title_of(result), columns_of(result), rows)
    output.lines(remarks(result))
    output.lines([f"written: {path}" for path in tuned.paths])
    if tuned.experiment is not None:
        output.lines([f"the best settings: foldwise train {tuned.experiment}"])


def _cell(text: str) -> object:
    """A cell that stands to the right where it is a number."""
    first = text.partition(" ")[0]
    try:
        float(first)
    except ValueError:
        return text
    return Figure(text)
