"""What an ablation's finished runs say: each variant's difference from the base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from foldwise.comparing.ablation import Ablation, Trained, VariantResult, judged
from foldwise.comparing.paired import paired_difference
from foldwise.comparing.sides import Side
from foldwise.competition.metrics import Metric, metric_named, score
from foldwise.competition.rows import Rows
from foldwise.errors import listed
from foldwise.pipeline.ablation_plan import Plan, Planned
from foldwise.predictions.table import Predictions
from foldwise.training.fold_result import FoldOutcome
from foldwise.training.run import complete_oof

CPU_SECONDS = "cpu_seconds"  # likewise; of a fold on a CPU
PEAK_MEMORY = "peak_memory_bytes"  # among the facts of a fold that records it


@dataclass(frozen=True)
class SeedRun:
    """One finished run of a variant, on the folds that are compared."""

    name: str
    oof: Predictions
    score: float
    seconds: float
    looks: int
    peak_memory: int | None


def seed_run(plan: Plan, name: str, outcomes: Sequence[FoldOutcome]) -> SeedRun:
    """One run on the folds that are compared, all of which have finished."""
    rows = compared_rows(plan)
    oof = complete_oof(outcomes, rows.ids)
    peaks = [o.result.facts[PEAK_MEMORY] for o in outcomes if PEAK_MEMORY in o.result.facts]
    return SeedRun(
        name=name,
        oof=oof,
        score=score(_metric(plan), np.asarray(rows.targets), oof.values).value,
        # of the processor where they are known: other programs do not make them longer
        seconds=sum(o.result.facts.get(CPU_SECONDS, o.result.seconds) for o in outcomes),
        looks=max(outcome.result.looks for outcome in outcomes),
        peak_memory=max(peaks, default=None),
    )


def compared_rows(plan: Plan) -> Rows:
    """The training rows of the folds that are compared."""
    at = np.flatnonzero(np.isin(plan.corpus.folds, plan.folds)).astype(np.int64)
    return plan.corpus.loaded.train.take(at)


def compared(
    plan: Plan, runs: Mapping[str, Mapping[int, SeedRun]], failures: Mapping[str, str]
) -> Ablation:
    """The ablation's result, from its finished runs by variant and seed."""
    loaded = plan.corpus.loaded
    metric = _metric(plan)
    base = runs.get(plan.base.name, {})
    results = [
        _result(plan, of, runs.get(of.name, {}), base, failures.get(of.name, ""))
        for of in plan.variants
    ]
    best_first, visible = judged(results, metric)
    return Ablation(
        name=plan.folder.name,
        experiment=plan.experiment,
        overrides=list(plan.overrides),
        competition=loaded.competition.name,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        folds=list(plan.folds),
        seeds=list(plan.seeds),
        rows=len(compared_rows(plan)),
        base=_trained(base) if base else None,
        variants=best_first,
        visible=visible,
    )


def _result(
    plan: Plan,
    of: Planned,
    runs: Mapping[int, SeedRun],
    base: Mapping[int, SeedRun],
    failure: str,
) -> VariantResult:
    result = VariantResult(of.name, of.settings, "compared")
    if failure:
        return replace(result, state="failed", reason=failure)
    seeds = [seed for seed in plan.seeds if seed in runs and seed in base]
    if missing := [seed for seed in plan.seeds if seed not in seeds]:
        reason = f"seed {listed(missing)} still to train; the same command without --fresh goes on"
        result = replace(result, state="unfinished", reason=reason)
    if not seeds:
        return result
    difference = paired_difference(
        Side(of.name, {seed: runs[seed].oof for seed in seeds}),
        Side(plan.base.name, {seed: base[seed].oof for seed in seeds}),
        compared_rows(plan),
        _metric(plan),
    )
    trained = _trained({seed: runs[seed] for seed in seeds})
    return replace(result, trained=trained, difference=difference)


def _trained(runs: Mapping[int, SeedRun]) -> Trained:
    peaks = [run.peak_memory for run in runs.values() if run.peak_memory is not None]
    return Trained(
        runs={seed: run.name for seed, run in runs.items()},
        scores={seed: run.score for seed, run in runs.items()},
        score=float(np.mean([run.score for run in runs.values()])),
        seconds=round(float(np.mean([run.seconds for run in runs.values()])), 2),
        peak_memory=max(peaks, default=None),
        looks=max(run.looks for run in runs.values()),
    )


def _metric(plan: Plan) -> Metric:
    competition = plan.corpus.loaded.competition
    return metric_named(competition.metric, competition.task)
