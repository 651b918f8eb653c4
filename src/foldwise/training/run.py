"""A run: its folds trained, in one process or several, then gathered into OOF and test tables."""

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from foldwise.errors import DataError, listed
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.predictions.table import Predictions, mean_of
from foldwise.settings import Settings
from foldwise.training.budget import TimeBudget
from foldwise.training.checkpoint import remove_checkpoints
from foldwise.training.corpus import Corpus
from foldwise.training.engine import Engine
from foldwise.training.fold import SHARED, outcome_of, run_fold
from foldwise.training.fold_result import FoldOutcome
from foldwise.training.local_engine import LocalEngine
from foldwise.training.progress import Report, ignore
from foldwise.training.run_folder import Mode, OpenRun, open_run
from foldwise.training.run_scores import (
    FILE as SCORES,
)
from foldwise.training.run_scores import (
    MetricScores,
    RunScores,
    is_finished,
    read_scores,
    score_table,
    write_run,
)
from foldwise.training.stopping import StopRequest
from foldwise.training.watching import Watch
from foldwise.training.workers import RunFiles, Workers, default_workers


@dataclass(frozen=True)
class RunRequest:
    """What to train.

    Attributes:
        name: of the run's folder.
        folds: only these; None for all.
        mode: "auto" goes on with what is there; "resume" insists on it; "fresh" sets it aside.
        workers: processes that train a fold each at a time; None: as many as the hardware feeds.
        max_seconds: begin no fold that is not expected to end within; None for no limit.
        watch: is shown each evaluation, and what it raises ends the run; this process trains then.
        engine: where the workers run; on another machine even a single fold has a worker.
    """

    name: str
    settings: Settings
    folds: tuple[int, ...] | None = None
    mode: Mode = "auto"
    workers: int | None = None
    max_seconds: float | None = None
    watch: Watch | None = None
    engine: Engine = field(default_factory=LocalEngine)


@dataclass(frozen=True)
class RunState:
    """A run after it was worked on: its scores, or the folds that are still to do."""

    folder: Path
    scores: RunScores | None
    missing: tuple[int, ...]
    trained: int  # folds trained now, rather than found finished


def train_run(
    project: Project, request: RunRequest, stop: StopRequest, report: Report = ignore
) -> RunState:
    """The run's state after training the folds asked for; finished ones are not trained again.

    Raises:
        UsageError: another process drives it, it was made from something else, no such fold.
        FoldFailed, Interrupted, StorageError, DataError: see `run_fold`.
    """
    folder = project.run(request.name)
    with only_driver_of(folder):
        run = open_run(
            project, request.name, request.settings, request.mode, request.folds, request.engine
        )
        wanted = run.corpus.checked_folds(request.folds)
        finished = {fold: outcome_of(run.job(fold)) for fold in wanted}
        todo = [fold for fold, outcome in finished.items() if outcome is None]
        for fold in set(wanted) - set(todo):  # a kill may have come before they were removed
            remove_checkpoints(run.job(fold).folder)
        if todo:  # whatever happens now, no score stands beside folds that are not there
            (folder / SCORES).unlink(missing_ok=True)
        _train(project, run, request, todo, stop, report)
        state = _gathered(run, todo)
        if not set(state.missing) & set(wanted):
            shutil.rmtree(folder / SHARED, ignore_errors=True)
        if unfinished := set(state.missing) & set(todo):
            run.journal.write("time is up", folds=sorted(unfinished))
        return state


def _train(
    project: Project,
    run: OpenRun,
    request: RunRequest,
    todo: Sequence[int],
    stop: StopRequest,
    report: Report,
) -> None:
    done = [outcome_of(run.job(fold)) for fold in range(run.corpus.n_folds)]
    seen = [outcome.result.seconds for outcome in done if outcome is not None]
    budget = TimeBudget(request.max_seconds, longest=max(seen, default=0.0))
    engine = request.engine
    wanted = 1 if request.watch else request.workers or default_workers(run.settings, engine)
    count = min(wanted, len(todo))
    teams = run.settings.hardware.processes > 1
    if count > 1 or (count and (teams or not engine.is_here)):
        files = RunFiles(project.root, request.name, run.settings, run.encoder)
        Workers(engine, files, count, budget, report, stop).train(todo)
        return
    for fold in todo:
        stop.raise_if_asked()
        if not budget.allows_another():
            return
        with budget.timed():
            run_fold(run.job(fold, request.watch), report, stop)


def _gathered(run: OpenRun, todo: Sequence[int]) -> RunState:
    """OOF and test predictions, if every fold has finished; `todo` were to be trained now."""
    outcomes = [outcome_of(run.job(fold)) for fold in range(run.corpus.n_folds)]
    finished = [outcome for outcome in outcomes if outcome is not None]
    missing = tuple(fold for fold, outcome in enumerate(outcomes) if outcome is None)
    trained = len(set(todo) - set(missing))
    if missing:
        (run.folder / SCORES).unlink(missing_ok=True)  # a run that lost a fold has no score
        return RunState(run.folder, None, missing, trained)
    loaded = run.corpus.loaded
    oof = complete_oof(finished, run.corpus.train_ids)
    test = mean_of([outcome.test for outcome in finished])
    test = test.aligned_to(run.corpus.test_ids, "the test rows")
    table = score_table(loaded, oof)
    _check_fold_scores(finished, table[loaded.competition.metric])
    scores = RunScores(
        competition=loaded.competition.name,
        kind=run.settings.kind,
        metric=loaded.competition.metric,
        scores=table,
        rows=len(oof),
        looks=[outcome.result.looks for outcome in finished],
        data=run.corpus.data_hash,
        folds=run.corpus.folds_hash,
        seconds=round(sum(outcome.result.seconds for outcome in finished), 2),
        facts={"folds": [outcome.result.facts for outcome in finished]},
        in_sample=_in_sample(run.corpus, finished),
    )
    if trained or not is_finished(run.folder):
        write_run(run.folder, scores, oof, test)
        run.journal.write("finished", metric=scores.metric)
    return RunState(run.folder, read_scores(run.folder), (), trained)


def _in_sample(corpus: Corpus, outcomes: Sequence[FoldOutcome]) -> dict[str, MetricScores]:
    """The scores as the usual way reports them, where the folds' own are cross-fitted."""
    if all(outcome.in_sample is None for outcome in outcomes):
        return {}
    # a small fold may have been evaluated once: nothing was chosen there, either way
    usual = [
        outcome if outcome.in_sample is None else replace(outcome, valid=outcome.in_sample)
        for outcome in outcomes
    ]
    return score_table(corpus.loaded, complete_oof(usual, corpus.train_ids))


def _check_fold_scores(outcomes: Sequence[FoldOutcome], own: MetricScores) -> None:
    """Check that joining the folds left each of their scores what it was.

    Raises:
        ValueError: one is another: rows were mixed up, which is a bug.
    """
    for outcome, joined in zip(outcomes, own.folds, strict=True):
        if not math.isclose(outcome.result.score, joined, rel_tol=1e-9, abs_tol=1e-12):
            raise ValueError(
                f"fold {outcome.result.fold} scored {outcome.result.score}, but {joined} in the "
                f"joined OOF"
            )


def complete_oof(outcomes: Sequence[FoldOutcome], ids: Sequence[str]) -> Predictions:
    """One prediction for every training row, by the model that did not see it, in file order.

    Raises:
        DataError: the folds' validation rows are no partition of `ids`, or their outputs differ.
    """
    if others := {o.valid.outputs for o in outcomes} - {outcomes[0].valid.outputs}:
        raise DataError(
            f"folds must predict the same outputs, got {listed(outcomes[0].valid.outputs)} and "
            f"{listed(others.pop())}; train them again with --fresh"
        )
    folds = np.concatenate([np.full(len(o.valid), o.result.fold) for o in outcomes])
    first = outcomes[0].valid
    joined = replace(
        first,
        ids=tuple(name for outcome in outcomes for name in outcome.valid.ids),
        values=np.concatenate([outcome.valid.values for outcome in outcomes]),
        folds=folds.astype(np.int64),
    )
    return joined.aligned_to(ids, "the training rows")
