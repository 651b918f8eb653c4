"""What a study found: its trials, the best of them, and what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from foldwise.competition.metrics import Metric, score
from foldwise.predictions.table import Predictions
from foldwise.settings import Range
from foldwise.tuning.deciding import Judge
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.plan import Plan
from foldwise.tuning.trials import Spent, Trial

SHOWN = 10  # of the best


@dataclass(frozen=True)
class CrossFitted:
    """The score of the choice itself: each fold's rows by the trial that is best on the others.

    No fold's rows took part in the choice of what predicts them. They did take part in what was
    suggested, and in what was pruned: a little optimism is left.

    Attributes:
        chosen: the number of the trial, by fold.
    """

    score: float
    standard_error: float | None
    chosen: dict[int, int]


@dataclass(frozen=True)
class TuningResult:
    """A study.

    Attributes:
        name: of its folder in `runs/`.
        experiment: whose ranges were tuned.
        ranges: their dotted names.
        partners: runs that each trial was blended with; none: it was scored alone.
        trials: by number.
        best: the number of the best finished one; None where none has finished.
        cross_fitted: None with one fold, or one finished trial.
        spent: by all trials; its share is a sum.
        saved_seconds: what dropped trials would have taken besides, at their pace.
        log_ranges: those of `ranges` that are searched by their logarithm; None: not written down,
            as by earlier versions.
    """

    name: str
    experiment: str
    competition: str
    metric: str
    greater_is_better: bool
    ranges: list[str]
    folds: list[int]
    rows: int
    partners: list[str]
    pruner: str
    level: float
    trials: list[Trial]
    best: int | None
    cross_fitted: CrossFitted | None
    spent: Spent
    saved_seconds: float
    log_ranges: list[str] | None = None

    def of_state(self, state: str) -> list[Trial]:
        """The trials that ended so, or are still running."""
        return [trial for trial in self.trials if trial.outcome.state == state]

    def ranked(self) -> list[Trial]:
        """The finished trials, the best first."""
        sign = -1 if self.greater_is_better else 1
        return sorted(self.of_state("finished"), key=lambda t: sign * (t.outcome.score or 0.0))

    def best_trial(self) -> Trial | None:
        """The best finished trial."""
        return next((trial for trial in self.trials if trial.number == self.best), None)

    def values_shown(self, trial: Trial) -> dict[str, Any]:
        """The trial's values by range, blank where the range is not read beside the others."""
        return {name: trial.values.get(name, "") for name in self.ranges}


def tuning_result(
    plan: Plan, ledger: Ledger, judge: Judge, *, pruner: str, level: float
) -> TuningResult:
    """The study as it stands."""
    trials = ledger.trials()
    best = ledger.incumbent()
    spent = Spent()
    for trial in trials:
        spent = spent.plus(trial.outcome.spent)
    return TuningResult(
        name=plan.folder.name,
        experiment=plan.source,
        competition=plan.corpus.loaded.competition.name,
        metric=plan.metric.name,
        greater_is_better=plan.metric.greater_is_better,
        ranges=[tunable.name for tunable in plan.experiment.ranges],
        folds=list(plan.folds),
        rows=len(plan.rows(plan.folds)),
        partners=list(plan.partners),
        pruner=pruner,
        level=level,
        trials=trials,
        best=None if best is None else best.number,
        cross_fitted=_cross_fitted(plan, judge, trials),
        spent=spent,
        saved_seconds=round(
            sum(t.outcome.spent.saved_seconds() for t in trials if t.outcome.state == "pruned"), 2
        ),
        log_ranges=[r.name for r in plan.experiment.ranges if isinstance(r, Range) and r.log],
    )


def _cross_fitted(plan: Plan, judge: Judge, trials: Sequence[Trial]) -> CrossFitted | None:
    finished = [trial for trial in trials if trial.outcome.state == "finished"]
    if len(plan.folds) < 2 or len(finished) < 2:
        return None
    rows = plan.rows(plan.folds)
    if rows.targets is None:
        raise ValueError("training rows have targets")
    tables = [judge.folds(t, plan.folds).aligned_to(rows.ids, "the rows") for t in finished]
    picked = cross_fitted_choice(tables, rows.targets, plan.metric)
    folds = np.asarray(tables[0].folds)
    values = tables[0].values.copy()
    for fold, index in picked.items():
        values[folds == fold] = tables[index].values[folds == fold]
    found = score(plan.metric, rows.targets, values, rows.groups)
    chosen = {fold: finished[index].number for fold, index in picked.items()}
    return CrossFitted(found.value, found.standard_error, chosen)


def cross_fitted_choice(
    tables: Sequence[Predictions], targets: "np.ndarray[Any, np.dtype[np.float64]]", metric: Metric
) -> dict[int, int]:
    """For each fold, which of the tables scores best on the rows of the other folds."""
    folds = np.asarray(tables[0].folds)
    sign = -1 if metric.greater_is_better else 1
    picked = {}
    for fold in np.unique(folds).tolist():
        others = folds != fold
        scores = [sign * metric.function(targets[others], t.values[others]) for t in tables]
        picked[fold] = int(np.argmin(scores))
    return picked
