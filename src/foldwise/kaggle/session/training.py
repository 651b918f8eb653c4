"""A training in sessions: each goes on where the one before was stopped, in time to save all."""

import os
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from foldwise.competition.competition import Competition
from foldwise.encoders import BROUGHT, brought_folder, resolve_encoder
from foldwise.errors import FoldFailed, Interrupted, StorageError
from foldwise.kaggle.session.attached_encoder import encoder_folder
from foldwise.kaggle.session.checks import ROOM
from foldwise.kaggle.session.pace import Pace, sessions_left
from foldwise.kaggle.session.report import COMPLETE, FAILED, PARTIAL, KernelReport, write_report
from foldwise.kaggle.session.session import Session
from foldwise.kaggle.session.staging import stage
from foldwise.pipeline.run_list import finished_folds
from foldwise.pipeline.seed_names import seed_run_name
from foldwise.pipeline.seeding import train_seeds
from foldwise.settings import Settings, load_experiment
from foldwise.training.checkpoint import KEPT
from foldwise.training.corpus import load_corpus
from foldwise.training.local_engine import LocalEngine
from foldwise.training.progress import Progress, Report
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.run_scores import is_finished, read_scores
from foldwise.training.stopping import StopRequest, stop_on_signals
from foldwise.training.workers import default_workers

COPIES = 4  # of the weights in a checkpoint
OUT_OF_TIME = signal.SIGALRM  # what the clock asks with; a signal of that kind is never sent
RESERVE_SHARE, RESERVE_SECONDS = 0.1, 300.0  # of a session, kept to finish a step and to save


@dataclass(frozen=True)
class TrainedSession:
    """What a session trained.

    Attributes:
        folds, folds_left: by run.
        seconds_per_step: of one process; None where too little was seen.
        sessions_left: that are needed like this one; None while unknown.
        score: of the finished run, in words; empty until all folds are gathered into it.
        failed: whether a fold or the disk did, which the session's remarks explain.
    """

    folds: dict[str, list[int]]
    folds_left: dict[str, list[int]]
    seconds_per_step: float | None
    sessions_left: int | None
    score: str = ""
    failed: bool = False


def stage_training(session: Session) -> Competition:
    """The competition as Kaggle mounted it, its folds, and a folder `runs` that is kept.

    Raises:
        DataError: the competition's files are nowhere among the inputs.
        UsageError: the encoder is nowhere; says what to attach.
    """
    runs = session.working / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    competition = stage(session, ["train", "test", "sample_submission"], runs)
    # of the processes that train, too
    os.environ["FOLDWISE_CACHE"] = str(session.scratch / "cache")
    settings = settings_of(session)
    if settings.kind == "encoder":
        brought = session.scratch / "encoders"  # where its name is looked for first
        os.environ[BROUGHT] = str(brought)
        link = brought_folder(brought, settings.encoder.name)
        if not link.is_symlink():
            brought.mkdir(parents=True, exist_ok=True)
            link.symlink_to(encoder_folder(session), target_is_directory=True)
    return competition


def settings_of(session: Session) -> Settings:
    """The settings of the package's training."""
    return load_experiment(session.folder / "experiments" / f"{session.package.run}.toml")


def names_of(session: Session) -> list[str]:
    """The runs that are trained: one, or one a seed."""
    run, seeds = session.package.run, session.package.seeds
    return [seed_run_name(run, seed) for seed in seeds] if seeds else [run]


def train(session: Session, show: Report) -> TrainedSession:
    """Train until all is done, a fold has failed, or the time is up and everything is saved.

    Raises:
        UsageError, DataError: see `foldwise.training.run.train_run`.
    """
    settings, paces = settings_of(session), {name: Pace() for name in names_of(session)}
    # without max_seconds: what a fold took in all sessions tells nothing of what is left of one
    request = RunRequest(session.package.run, settings)

    def one(asked: RunRequest) -> RunState:
        def report(progress: Progress) -> None:
            paces[asked.name](progress)
            show(progress)

        return train_run(session.project, asked, stop, report)

    failed = False
    with _stopped_in_time(session) as stop:
        try:
            if session.package.seeds:
                train_seeds(session.project, request, session.package.seeds, one)
            else:
                one(request)
        except Interrupted as error:
            why = "the time was up" if error.signal_number == OUT_OF_TIME else "it was interrupted"
            session.remark(f"{why}: everything is saved, and the next session goes on")
        except (FoldFailed, StorageError) as error:  # the other folds are worth a report
            session.remark(f"FAILED: {error}; finished folds and checkpoints are saved")
            failed = True
    measured = _measured(session, settings, paces)
    return replace(measured, failed=True, sessions_left=None) if failed else measured


def room_to_train(session: Session, processes: int) -> int:
    """The bytes that a training still writes at most: checkpoints, and each fold's weights.

    A checkpoint holds the weights, two moments of Adam and the best weights so far; one more than
    is kept is there while it is written. What earlier sessions wrote is there already.
    """
    settings = settings_of(session)
    if settings.kind != "encoder":
        return ROOM
    folds = load_corpus(session.project, settings).n_folds
    encoder = resolve_encoder(settings.encoder.name, allow_download=False)
    weights = sum(path.stat().st_size for path in encoder.weights())
    checkpoints = min(processes, folds) * (KEPT + 1) * COPIES * weights
    runs = session.working / "runs"
    there = sum(path.stat().st_size for path in runs.rglob("*") if path.is_file())
    return max(ROOM, checkpoints + len(names_of(session)) * folds * weights - there)


def finish_training(
    session: Session, trained: TrainedSession, earlier: Mapping[str, Path]
) -> KernelReport:
    """The report, after everything that was only needed in between is removed.

    Args:
        session: that ends.
        trained: in it.
        earlier: by run, where its beginning was found: see
            `foldwise.kaggle.session.earlier.restore_runs`.
    """
    if trained.score:
        session.remark(trained.score)
    report = write_report(
        session,
        FAILED if trained.failed else COMPLETE if trained.score else PARTIAL,
        members=names_of(session),
        folds=trained.folds,
        folds_left={run: folds for run, folds in trained.folds_left.items() if folds},
        seconds_per_step=trained.seconds_per_step,
        sessions_left=trained.sessions_left,
        resumed_from={run: _shown(session, folder) for run, folder in earlier.items()},
    )
    shutil.rmtree(session.scratch, ignore_errors=True)
    return report


def _shown(session: Session, folder: Path) -> str:
    """The path of a folder below the inputs, or a whole path."""
    inside = folder.is_relative_to(session.input)
    return (folder.relative_to(session.input) if inside else folder).as_posix()


def _seconds_to_train(session: Session) -> float:
    whole = session.ends - session.began
    return max(0.0, session.seconds_left() - min(RESERVE_SECONDS, RESERVE_SHARE * whole))


@contextmanager
def _stopped_in_time(session: Session) -> Iterator[StopRequest]:
    """A request to stop: by the clock, early enough to save, or by who interrupts the notebook."""
    with stop_on_signals() as stop:
        timer = threading.Timer(_seconds_to_train(session), stop.ask, [OUT_OF_TIME])
        timer.daemon = True
        timer.start()
        try:
            yield stop
        finally:
            timer.cancel()


def _measured(session: Session, settings: Settings, paces: dict[str, Pace]) -> TrainedSession:
    project = session.project
    every = set(range(load_corpus(project, settings).n_folds))
    folds = {name: finished_folds(project.run(name)) for name in paces}
    left = {name: sorted(every - set(done)) for name, done in folds.items()}
    known = [pace for pace in paces.values() if pace.seconds_per_step() is not None]
    per_step = max((pace.seconds_per_step() or 0.0 for pace in known), default=None)
    longest = max((fold.total for pace in known for fold in pace.folds.values()), default=0)
    steps = sum(
        pace.steps_left(set(left[name])) if pace.folds else longest * len(left[name])
        for name, pace in paces.items()
    )
    score = _score(session)
    begun = [name for name in paces if (project.run(name) / "settings.toml").is_file()]
    hardware = load_experiment(project.run(begun[0]) / "settings.toml") if begun else settings
    processes = min(default_workers(hardware, LocalEngine()), len(every)) if begun else 1
    usable = session.ends - session.began
    usable -= min(RESERVE_SECONDS, RESERVE_SHARE * usable)
    sessions = sessions_left(steps, per_step, usable, processes)
    if not score and sessions == 0:  # its steps are done, its predictions or its scores are not
        sessions = 1
    return TrainedSession(folds, left, per_step, 0 if score else sessions, score)


def _score(session: Session) -> str:
    folder = session.project.run(session.package.run)
    if not is_finished(folder):
        return ""
    scores = read_scores(folder)
    own = scores.scores[scores.metric]
    error = "" if own.standard_error is None else f" ± {own.standard_error:.4f}"
    return (
        f"out-of-fold {scores.metric} {own.value:.4f}{error}; download runs/{folder.name} into "
        f"your project, then: foldwise kernel build {folder.name} --infer"
    )
