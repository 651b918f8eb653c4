"""A study from its plan to its trials: begun, or gone on with."""

from collections.abc import Sequence
from dataclasses import dataclass

from foldwise.errors import UsageError
from foldwise.settings import Hardware
from foldwise.training.stopping import StopRequest
from foldwise.tuning.database import Direction, create_study_file
from foldwise.tuning.deciding import Judge
from foldwise.tuning.driving import Driver, Say, Show
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.origin import check_same_origin, origin_of
from foldwise.tuning.plan import Plan
from foldwise.tuning.request import TuneRequest
from foldwise.tuning.suggesting import as_parameters
from foldwise.tuning.workers import COMMAND, Workers


@dataclass(frozen=True, eq=False)
class Study:
    """An open study.

    Attributes:
        ledger: its record.
        judge: of its trials.
    """

    ledger: Ledger
    judge: Judge


def driven(
    plan: Plan,
    request: TuneRequest,
    stop: StopRequest,
    *,
    say: Say,
    show: Show,
    command: Sequence[str] = COMMAND,
) -> tuple[Ledger, Judge]:
    """The study's record after training what is still to be trained; its judge scores trials.

    The caller holds the study's folder.

    Args:
        plan: of the study.
        request: how many trials, how long, by how many workers.
        stop: a signal that asks to leave.
        say: is told what begins and ends.
        show: is shown each trial's training.
        command: what a worker is.

    Raises:
        UsageError: the study was begun with something else.
        Interrupted, FoldFailed, DataError, StorageError: see `Driver.drive`.
    """
    study = opened(plan)
    drive(plan, request, study, stop, say=say, show=show, command=command)
    return study.ledger, study.judge


def opened(plan: Plan) -> Study:
    """The study, begun if there is none; the caller holds its folder.

    Raises:
        UsageError: it was begun with something else, a GPU is to be shared by measuring, or a trial
            is to have several processes.
    """
    chosen = plan.settings(plan.defaults)
    if chosen.hardware.jobs_per_gpu == "auto":  # a study's workers are all begun at once
        raise UsageError(
            "tune shares a GPU by a number: hardware.jobs_per_gpu=2; got 'auto', which `foldwise "
            "run` measures"
        )
    if chosen.hardware.processes > 1:
        raise UsageError(
            f"tune trains a trial in one process; got hardware.processes="
            f"{chosen.hardware.processes}: leave it 1"
        )
    if not plan.database.is_file():
        first = as_parameters(plan.defaults, plan.experiment)
        direction: Direction = "maximize" if plan.metric.greater_is_better else "minimize"
        create_study_file(plan.database, direction, origin_of(plan), first)
    ledger = Ledger(
        plan.database,
        plan.experiment,
        plan.settings,
        study=plan.folder.name,
        seed=chosen.seed,
        pruner=plan.pruner,
    )
    check_same_origin(plan, ledger.origin)
    return Study(ledger, Judge(plan, ledger, plan.pruner, plan.level))


def drive(
    plan: Plan,
    request: TuneRequest,
    study: Study,
    stop: StopRequest,
    *,
    say: Say,
    show: Show,
    command: Sequence[str] = COMMAND,
) -> None:
    """Train what is still to be trained; see `driven`."""
    workers = _workers(plan, request, command)
    try:
        driver = Driver(plan, study.ledger, study.judge, workers, stop, say, show)
        driver.drive(request.trials, request.max_seconds)
    finally:
        workers.close()


def _workers(plan: Plan, request: TuneRequest, command: Sequence[str]) -> Workers:
    """As many as the engine has places for; on this machine's CPU one, unless told otherwise."""
    chosen, engine = plan.settings(plan.defaults), request.engine
    hardware, count = Hardware(device="cpu", threads=1), 1
    if chosen.kind == "encoder":
        hardware = engine.resolved(chosen.hardware, plan.corpus.n_folds)
    if not engine.is_here or hardware.device == "cuda":
        count = engine.places(hardware)
    return Workers(engine, plan.project.root, hardware, request.workers or count, command)
