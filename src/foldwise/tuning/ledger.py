"""The study's record: what was tried, what is to be tried next. Its driver alone writes to it.

Optuna keeps it. A trial there is one sitting: of a sitting that was cut short the state is "failed"
and a new one with the same values is queued, which goes on where it was. Such sittings, and
suggestions that were nothing new, do not count as trials here: trials have numbers of their own.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState

from foldwise.errors import UsageError
from foldwise.settings import Settings, TunedExperiment
from foldwise.tuning.database import ORIGIN, open_study
from foldwise.tuning.names import settings_hash, trial_name
from foldwise.tuning.pruner_names import PrunerName
from foldwise.tuning.sampling import pruner_named, sampler_at
from foldwise.tuning.suggesting import suggested
from foldwise.tuning.trials import SETTLED, Outcome, Spent, Trial

FEWEST = 8  # finished trials, for importances that mean anything
MOST_TRIES = 40  # suggestions in a row that are nothing new, or contradict themselves
# noted of a sitting: its trial; the earlier one that it goes on with; its end; why it is skipped
TRIAL, AGAIN, OUTCOME, IGNORED = "trial", "again", "outcome", "ignored"
Ignored = Literal["cut short", "repeated", "contradiction"]
STATES = {"finished": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Ledger:
    """The study in one file.

    Args:
        path: of the SQLite file.
        experiment: whose ranges are tuned.
        resolve: settings from values; raises UsageError where they contradict each other.
        study: the name of the study's folder.
        seed: of the experiment.
        pruner: whose advice `should_prune` gives.
    """

    def __init__(
        self,
        path: Path,
        experiment: TunedExperiment,
        resolve: Callable[[Mapping[str, Any]], Settings],
        *,
        study: str,
        seed: int,
        pruner: PrunerName,
    ) -> None:
        self._study = open_study(path)
        self._study.pruner = pruner_named(pruner)
        self._experiment, self._resolve = experiment, resolve
        self._name, self._seed = study, seed
        self._sittings: dict[int, optuna.Trial] = {}

    @property
    def origin(self) -> dict[str, Any]:
        """What the study is of."""
        return dict(self._study.user_attrs[ORIGIN])

    def trials(self) -> list[Trial]:
        """All trials by number, each once, with the outcome of its last sitting."""
        latest = {t.number: t for frozen in self._counted() if (t := _trial_of(frozen))}
        return [latest[number] for number in sorted(latest)]

    def settled(self) -> list[Trial]:
        """The trials that have ended."""
        return [trial for trial in self.trials() if trial.outcome.state in SETTLED]

    def incumbent(self) -> Trial | None:
        """The best trial that has finished; of equal ones the first."""
        sign = -1 if self._study.direction is optuna.study.StudyDirection.MAXIMIZE else 1
        finished = [t for t in self.trials() if t.outcome.state == "finished"]
        return min(finished, key=lambda t: sign * (t.outcome.score or 0.0), default=None)

    def importances(self) -> dict[str, float]:
        """The share of the scores' variance that each range accounts for, the largest first.

        fANOVA: https://proceedings.mlr.press/v32/hutter14.html. None where too few have finished.
        """
        from optuna.importance import (  # imports scikit-learn
            FanovaImportanceEvaluator,
            get_param_importances,
        )

        finished = [t for t in self._all() if t.state is TrialState.COMPLETE]
        if len(finished) < FEWEST or len({t.value for t in finished}) < 2:
            return {}
        evaluator = FanovaImportanceEvaluator(seed=self._seed)
        found = get_param_importances(self._study, evaluator=evaluator)
        return {name: float(share) for name, share in found.items()}

    def settle_orphans(self) -> list[int]:
        """The numbers of the trials that a killed driver left running; each is queued once more.

        One that had ended, and of which only Optuna had not been told, is told now.
        """
        numbers = []
        for frozen in self._study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
            if OUTCOME in frozen.user_attrs:
                self._tell(frozen.number, _outcome_of(frozen))
                continue
            trial = _trial_of(frozen)
            if trial is not None:
                numbers.append(trial.number)
                self._queue(frozen.params, {AGAIN: _kept(trial)})
            elif fixed := frozen.system_attrs.get("fixed_params"):  # killed while it was asked for
                self._queue(fixed, frozen.user_attrs)
            self._ignore(frozen.number, "cut short")
        return numbers

    def ask(self) -> Trial | None:
        """The next trial; None where nothing new was suggested for too long.

        Raises:
            UsageError: what is suggested contradicts itself time and again, from the beginning.
        """
        reason = ""
        known, skipped = self._known(), self._skipped()
        for tries in range(MOST_TRIES):
            self._study.sampler = sampler_at(self._seed, len(known), skipped + tries, tries)
            sitting = self._study.ask()
            values = suggested(sitting, self._experiment)
            try:
                settings = self._resolve(values)
            except UsageError as error:
                reason = str(error)
                self._ignore(sitting.number, "contradiction", reason)
                continue
            if AGAIN not in sitting.user_attrs and settings_hash(settings) in known:
                self._ignore(sitting.number, "repeated")
                continue
            return self._begun(sitting, values, settings)
        if reason and not known:  # else what was found is not to be lost
            raise UsageError(
                f"{MOST_TRIES} suggestions in a row contradicted themselves; change the ranges. "
                f"The last one: {reason}"
            )
        return None

    def _begun(self, sitting: optuna.Trial, values: dict[str, Any], settings: Settings) -> Trial:
        """The trial, noted so that it can be queued again; what was reported of it is kept."""
        again = sitting.user_attrs.get(AGAIN) or {"number": self._next_number(), "deaths": 0}
        number = again["number"]
        run = trial_name(self._name, number, settings)
        trial = Trial(number, values, run, again["deaths"])
        self._note(sitting, trial)  # from here on it is a trial
        for earlier in self._all() if AGAIN in sitting.user_attrs else ():
            known = _trial_of(earlier)
            if known is not None and known.number == number and earlier.number != sitting.number:
                for step, value in earlier.intermediate_values.items():
                    self.report(trial, step, value)
        return trial

    def _next_number(self) -> int:
        """The number of a new trial, whatever number Optuna gave its sitting: none is left out."""
        return max((trial.number for trial in self.trials()), default=-1) + 1

    def _note(self, sitting: optuna.Trial, trial: Trial) -> None:
        known = {**_kept(trial), "values": trial.values, "run": trial.run}
        sitting.set_user_attr(TRIAL, json.dumps(known))
        self._sittings[trial.number] = sitting

    def report(self, trial: Trial, step: int, value: float) -> None:
        """Note a score on the way; said twice, the first one stays."""
        sitting = self._sittings[trial.number]
        if step not in self._study.get_trials(deepcopy=False)[sitting.number].intermediate_values:
            sitting.report(value, step)

    def reported_before(self, trial: Trial, step: int) -> int:
        """The last step before `step` of which a score was noted; 0: none."""
        frozen = self._study.get_trials(deepcopy=False)[self._sittings[trial.number].number]
        return max((noted for noted in frozen.intermediate_values if noted < step), default=0)

    def should_prune(self, trial: Trial) -> bool:
        """Whether Optuna's pruner would end the trial now."""
        return bool(self._sittings[trial.number].should_prune())

    def died(self, trial: Trial) -> Trial:
        """The trial, of which one more worker has died."""
        now = replace(trial, deaths=trial.deaths + 1)
        self._note(self._sittings[trial.number], now)
        return now

    def end(self, trial: Trial, outcome: Outcome) -> None:
        """Note how a trial ended; Optuna is told last."""
        sitting = self._sittings.pop(trial.number)
        sitting.set_user_attr(OUTCOME, json.dumps(asdict(outcome)))
        self._tell(sitting.number, outcome)

    def queue_again(self, trial: Trial) -> None:
        """Let a trial that was stopped go on later."""
        sitting = self._sittings.pop(trial.number)
        self._queue(self._all()[sitting.number].params, {AGAIN: _kept(trial)})
        self._ignore(sitting.number, "cut short")

    def _queue(self, parameters: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        """Queue a sitting, unless it is: a kill may come before the one before it has ended.

        With the parameters as they were suggested, not as they were rounded: TPE learns from them.
        """
        waiting = self._study.get_trials(deepcopy=False, states=[TrialState.WAITING])
        if not any(t.system_attrs.get("fixed_params") == parameters for t in waiting):
            self._study.enqueue_trial(dict(parameters), user_attrs=dict(attributes))

    def _ignore(self, sitting: int, why: Ignored, reason: str = "") -> None:
        storage, trials = self._study._storage, self._study.get_trials(deepcopy=False)
        key = trials[sitting]._trial_id
        storage.set_trial_user_attr(key, IGNORED, why)
        if reason:
            storage.set_trial_user_attr(key, "reason", reason)
        self._study.tell(sitting, state=TrialState.FAIL)

    def _tell(self, sitting: int, outcome: Outcome) -> None:
        if outcome.state == "finished":
            self._study.tell(sitting, outcome.score)
        else:
            self._study.tell(sitting, state=STATES[outcome.state])

    def _all(self) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _counted(self) -> list[FrozenTrial]:
        """All sittings but those that were skipped; ones cut short come before those that go on."""
        return [t for t in self._all() if t.user_attrs.get(IGNORED) in (None, "cut short")]

    def _skipped(self) -> int:
        """How many suggestions were nothing new, or contradicted themselves."""
        marks = [t.user_attrs.get(IGNORED) for t in self._all()]
        return sum(mark in {"repeated", "contradiction"} for mark in marks)

    def _known(self) -> set[str]:
        """Hashes of the settings that were tried, or are being tried."""
        return {trial.run.rpartition(".")[2] for trial in self.trials()}


def _kept(trial: Trial) -> dict[str, Any]:
    return {"number": trial.number, "deaths": trial.deaths}


def _trial_of(frozen: FrozenTrial) -> Trial | None:
    """The trial of a sitting; None where the sitting was cut short before it had values."""
    if TRIAL not in frozen.user_attrs:
        return None
    return Trial(**json.loads(frozen.user_attrs[TRIAL]), outcome=_outcome_of(frozen))


def _outcome_of(frozen: FrozenTrial) -> Outcome:
    if OUTCOME not in frozen.user_attrs:
        return Outcome("running")
    known = json.loads(frozen.user_attrs[OUTCOME])
    return Outcome(**{**known, "spent": Spent(**known["spent"])})
