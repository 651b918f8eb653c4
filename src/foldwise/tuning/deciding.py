"""Whether a trial goes on, after each evaluation of its first fold and after each fold."""

from foldwise.competition.metrics import Score, score
from foldwise.errors import DataError, counted
from foldwise.predictions.table import Predictions
from foldwise.tuning.jobs import SaidFold, SaidLook
from foldwise.tuning.judging import Evidence, Spending, evidence
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.plan import Plan
from foldwise.tuning.pruner_names import PrunerName
from foldwise.tuning.sitting import Sitting
from foldwise.tuning.tables import blended, folds_table, look_at_share, look_table
from foldwise.tuning.trials import Trial

A_FOLD = 1000  # steps of Optuna's, which are whole numbers: thousandths of a fold
LAST_LOOK = A_FOLD - 1  # the fold itself comes after it


class Judge:
    """Notes a trial's scores on the way, and says why it is to be dropped."""

    def __init__(self, plan: Plan, ledger: Ledger, pruner: PrunerName, level: float) -> None:
        self._plan, self._ledger, self._pruner = plan, ledger, pruner
        self._spending = Spending(level, len(plan.folds))

    def after_look(self, sitting: Sitting, said: SaidLook) -> str:
        """Why the trial is to be dropped after an evaluation; empty: it goes on."""
        if self._pruner == "wilcoxon":  # it compares folds alone
            return ""
        trial, share = sitting.trial, said.step / said.steps
        table = self._look(trial, share, said.fold)
        if table is None:
            raise ValueError(f"the worker has kept no evaluation of {trial.run} at {share:.0%}")
        where = f"at {share:.0%} of fold {said.fold}"
        step = max(1, int(share * LAST_LOOK))
        self._ledger.report(trial, step, self._score(table, (said.fold,)).value)
        if self._pruner != "paired":
            return self._advice(trial, where)
        best = self._ledger.incumbent()
        other = None if best is None else self._look(best, share, said.fold)
        if best is None or other is None:
            return ""
        # of what was noted, not of what this process has heard: seen again after a kill, an
        # evaluation is compared again, at the same level
        before = self._ledger.reported_before(trial, step)
        level = self._spending.of_look(before / LAST_LOOK, step / LAST_LOOK)
        return self._verdict(table, other, (said.fold,), level, best, where)

    def after_fold(self, sitting: Sitting, said: SaidFold) -> str:
        """Why the trial is to be dropped after a fold; empty: it goes on."""
        done = tuple(fold for fold in sitting.folds if fold in sitting.done)
        trial, count = sitting.trial, len(done)
        where = f"after {count} of {counted(len(sitting.folds), 'fold')}"
        table = self.folds(trial, done)
        if self._pruner == "wilcoxon":  # it compares score by score
            own = self.folds(trial, (said.fold,))
            self._ledger.report(trial, said.fold, self._score(own, (said.fold,)).value)
        else:
            self._ledger.report(trial, count * A_FOLD, self._score(table, done).value)
        if count == len(sitting.folds):
            return ""
        if self._pruner != "paired":
            return self._advice(trial, where)
        best = self._ledger.incumbent()
        if best is None:
            return ""
        other = self.folds(best, done)
        return self._verdict(table, other, done, self._spending.of_fold(), best, where)

    def result(self, trial: Trial) -> Score:
        """The score of a trial all of whose folds have finished."""
        return self._score(self.folds(trial, self._plan.folds), self._plan.folds)

    def folds(self, trial: Trial, folds: tuple[int, ...]) -> Predictions:
        """What a trial predicts for the rows of finished folds, blended where that is asked for."""
        return self._blended(folds_table(self._plan.project.run(trial.run), folds))

    def _look(self, trial: Trial, share: float, fold: int) -> Predictions | None:
        found = look_at_share(self._plan.project.run(trial.run), share)
        return None if found is None else self._blended(look_table(found, fold))

    def _blended(self, table: Predictions) -> Predictions:
        partners = list(self._plan.partners.values())
        return blended(table, partners) if partners else table

    def _score(self, table: Predictions, folds: tuple[int, ...]) -> Score:
        rows = self._plan.rows(folds)
        if rows.targets is None:
            raise ValueError("training rows have targets")
        aligned = table.aligned_to(rows.ids, "the rows of the folds done")
        return score(self._plan.metric, rows.targets, aligned.values, rows.groups)

    def _advice(self, trial: Trial, where: str) -> str:
        dropped = self._pruner != "none" and self._ledger.should_prune(trial)
        return f"{where}, by Optuna's {self._pruner} pruner" if dropped else ""

    def _verdict(
        self,
        table: Predictions,
        other: Predictions,
        folds: tuple[int, ...],
        level: float,
        best: Trial,
        where: str,
    ) -> str:
        metric = self._plan.metric
        try:
            found = evidence(table, other, self._plan.rows(folds), metric, level)
        except DataError:  # no score on these rows: a correlation of equal predictions
            return ""
        return _reason(found, metric.name, best, where) if found.is_worse else ""


def _reason(found: Evidence, metric: str, best: Trial, where: str) -> str:
    difference = 0.0 if found.difference is None else found.difference
    return (
        f"{where}, {metric} {difference:+.4f} of trial {best.number}'s on the same rows "
        f"(p = {found.p_value:.2g}, below {found.level:.2g})"
    )
