"""What a command asks to be trained, and the training of it."""

from argparse import Namespace
from collections.abc import Sequence

from foldwise.cli.engines import engine_of
from foldwise.cli.output import Output
from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.settings import load_experiment, small_form
from foldwise.tracking.tracked import train_tracked
from foldwise.training.run import RunRequest, RunState
from foldwise.training.run_folder import Mode
from foldwise.training.stopping import stop_on_signals


def request_of_train(project: Project, options: Namespace) -> RunRequest:
    """The run that `foldwise train` is to work on.

    Raises:
        UsageError: options that contradict each other, or an experiment that is not there or wrong.
    """
    if others := [word for word in options.overrides if "=" not in word]:
        raise UsageError(
            f"foldwise train takes one experiment and settings as key=value, got also "
            f"{others[0]!r}; for several experiments: foldwise run"
        )
    mode: Mode = "fresh" if options.fresh else "resume" if options.resume else "auto"
    return _request(project, options.experiment, options, mode, options.name)


def request_of_run(project: Project, experiment: str, options: Namespace) -> RunRequest:
    """One run of those that `foldwise run` takes to the end.

    Raises:
        UsageError: the experiment is not there or wrong.
    """
    return _request(project, experiment, options, "fresh" if options.fresh else "auto", None)


def _request(
    project: Project, experiment: str, options: Namespace, mode: Mode, name: str | None
) -> RunRequest:
    path = project.experiment(experiment)
    overrides: Sequence[str] = getattr(options, "overrides", ())
    if options.jobs_per_gpu is not None:
        overrides = [*overrides, f"hardware.jobs_per_gpu={options.jobs_per_gpu}"]
    settings = load_experiment(path, overrides)
    small = "-fast" if options.fast else ""
    return RunRequest(
        name=name or f"{path.stem}{small}",
        settings=small_form(settings) if options.fast else settings,
        folds=getattr(options, "folds", None),
        mode=mode,
        workers=options.workers,
        max_seconds=getattr(options, "max_time", None),
        engine=engine_of(options),
    )


def trained(project: Project, request: RunRequest, output: Output) -> RunState:
    """The run's state after its training, which is shown and which a signal stops.

    Raises:
        Interrupted: a signal stopped it, and everything is saved.
        UsageError, DataError, FoldFailed, StorageError: see `train_tracked`.
    """
    from foldwise.cli.progress import shown_progress

    with stop_on_signals() as stop, shown_progress(output, request.name) as report:
        return train_tracked(project, request, stop, report)
