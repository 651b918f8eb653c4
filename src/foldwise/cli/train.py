"""`foldwise train EXPERIMENT [key=value ...]`."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict

from foldwise.cli.output import Output, with_error
from foldwise.cli.progress import shown_progress
from foldwise.errors import listed
from foldwise.paths import Project, find_project
from foldwise.settings import load_experiment, small_form
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.run_scores import RunScores
from foldwise.training.stopping import stop_on_signals


def run(options: argparse.Namespace, output: Output) -> None:
    """Train what is still to be trained, and show the folds' scores."""
    project = find_project()
    request = request_of(project, options.experiment, options.overrides, options)
    with stop_on_signals() as stop, shown_progress(output, request.name) as report:
        state = train_run(project, request, stop, report)
    output.result(as_json(state))
    show(state, output)


def request_of(
    project: Project, experiment: str, overrides: Sequence[str], options: argparse.Namespace
) -> RunRequest:
    """The run that an experiment and the command's options ask for."""
    path = project.experiment(experiment)
    settings = load_experiment(path, overrides)
    name = (options.name if options.command == "train" else None) or path.stem
    if options.fast:
        settings = small_form(settings)
        name = name if options.command == "train" and options.name else f"{name}-fast"
    resume = getattr(options, "resume", False)
    return RunRequest(
        name=name,
        settings=settings,
        folds=getattr(options, "folds", None),
        mode="fresh" if options.fresh else "resume" if resume else "auto",
        workers=options.workers,
        max_seconds=getattr(options, "max_time", None),
    )


def show(state: RunState, output: Output) -> None:
    """A finished run's folds, or what is missing from an unfinished one."""
    if state.scores is None:
        output.lines(
            [
                f"{state.folder.name}: fold {listed(state.missing)} still to train, so there is no "
                f"OOF score yet; the same command without --folds and --max-time finishes the run"
            ]
        )
        return
    if not state.trained:
        output.say(f"{state.folder.name}: finished before, nothing to train")
    show_scores(state.folder.name, state.scores, output)


def show_scores(name: str, scores: RunScores, output: Output) -> None:
    """A table of the folds, and the whole with its standard error."""
    metrics = list(scores.scores)
    folds = [
        [f"fold {k}", *(f"{scores.scores[m].folds[k]:.4f}" for m in metrics)]
        for k in range(len(scores.looks))
    ]
    whole = [with_error(scores.scores[m].value, scores.scores[m].standard_error) for m in metrics]
    title = f"{name}: {scores.competition}, {scores.rows:,} rows"
    output.table(title, ["", *(f"OOF {m}" for m in metrics)], [*folds, ["all", *whole]])


def as_json(state: RunState) -> dict[str, object]:
    """The run's state for programs."""
    return {
        "run": state.folder.name,
        "scores": None if state.scores is None else asdict(state.scores),
        "missing_folds": list(state.missing),
        "folds_trained_now": state.trained,
    }
