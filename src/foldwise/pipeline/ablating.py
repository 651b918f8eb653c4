"""An ablation: the base and each variant trained on the same folds and seeds, then compared."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from foldwise.comparing.ablation import Ablation
from foldwise.errors import FoldFailed, UsageError
from foldwise.paths import Project
from foldwise.pipeline.ablation_plan import AblationRequest, Plan, Planned, planned
from foldwise.pipeline.ablation_result import SeedRun, compared, seed_run
from foldwise.pipeline.preparing import Say, prepare_encoders
from foldwise.pipeline.refusing import Origins, check_resumable
from foldwise.pipeline.time_left import TimeLeft
from foldwise.tracking.tracked import train_tracked
from foldwise.training.fold_result import finished_outcome
from foldwise.training.run import RunRequest, RunState
from foldwise.training.stopping import StopRequest

Train = Callable[[RunRequest], RunState]


@dataclass
class _Log:
    """What has been trained so far, by variant and seed, and what failed."""

    runs: dict[str, dict[int, SeedRun]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def ablate(
    project: Project,
    request: AblationRequest,
    *,
    say: Say,
    train: Train | None = None,
) -> tuple[Plan, Ablation]:
    """The plan, and each variant's difference from the base; runs that are there go on.

    All variants are trained with the first seed, then all with the next, so that time that runs
    out leaves fewer seeds rather than fewer variants.

    Args:
        project: where.
        request: what is compared.
        say: is told what is trained.
        train: trains one run, shown and stopped as the caller likes; by default silently.

    Raises:
        UsageError, DataError: see `planned`; nothing was trained.
        FoldFailed: a fold of the base failed. Variants that fail are part of the result.
        StorageError, Interrupted: as the run that met them; the same call goes on.
    """
    plan = planned(project, request)
    prepare_encoders([run.settings for run in plan.requests()], say)
    if not request.fresh:
        plan = with_base_trained_before(project, plan)
    check_resumable(project, plan.requests())
    log, left = _Log(), TimeLeft(request.max_seconds)
    train = train or _silently(project)
    for seed in plan.seeds:
        for of in (plan.base, *plan.variants):
            if of.name not in log.failures:
                say(f"{of.name}, seed {seed}: {of.runs[seed].name}")
                _train(_Work(project, plan, train, left, log), of, seed)
    return plan, compared(plan, log.runs, log.failures)


def _silently(project: Project) -> Train:
    return lambda request: train_tracked(project, request, StopRequest())


@dataclass(frozen=True)
class _Work:
    """What every run of an ablation needs."""

    project: Project
    plan: Plan
    train: Train
    left: TimeLeft
    log: _Log


def _train(work: _Work, of: Planned, seed: int) -> None:
    """Train one run, and note what came of it.

    Raises:
        FoldFailed, UsageError: it is the base's.
    """
    request, plan, log = of.runs[seed], work.plan, work.log
    try:
        work.train(work.left.of(request))
    # some settings only the built model can refuse, such as more layers than its encoder has
    except (FoldFailed, UsageError) as error:
        if of is plan.base:
            raise
        log.failures[of.name] = f"seed {seed}: {error}"
        return
    folder = work.project.run(request.name)
    outcomes = [finished_outcome(folder / f"fold-{fold}") for fold in plan.folds]
    finished = [outcome for outcome in outcomes if outcome is not None]
    work.left.learn([outcome.result.seconds for outcome in finished])
    if len(finished) == len(plan.folds):
        log.runs.setdefault(of.name, {})[seed] = seed_run(plan, request.name, finished)


def with_base_trained_before(project: Project, plan: Plan) -> Plan:
    """The plan, with the run of `foldwise train EXPERIMENT` as the base where it is the same."""
    origins = Origins(project)
    runs = {
        seed: usual if origins.are_of(usual) else request
        for seed, request in plan.base.runs.items()
        for usual in [replace(request, name=plan.experiment)]
    }
    return replace(plan, base=plan.base._replace(runs=runs))
