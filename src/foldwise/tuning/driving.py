"""The driver of a study: it alone asks and tells; workers train what it hands them."""

import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from foldwise import errors
from foldwise.errors import FoldFailed, FoldwiseWarning, counted
from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.training.progress import Progress
from foldwise.training.stopping import StopRequest
from foldwise.tuning.deciding import Judge
from foldwise.tuning.jobs import SaidEnd, SaidFold, SaidLook, TrialJob
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.plan import Plan
from foldwise.tuning.sitting import Sitting
from foldwise.tuning.trials import Outcome, Trial
from foldwise.tuning.weights import forget_weights
from foldwise.tuning.workers import Ended, Heard, Workers

POLL_SECONDS = 0.2
ATTEMPTS = 2  # worker processes that may die in one trial
NO_PLACE = "no machine has a place for it"
HOPELESS = 3  # trials that failed, where none has finished

Say = Callable[[str], None]
Show = Callable[[Trial, Progress | None], None]


class Driver:
    """Trains trials until there are enough; the caller holds the study's lock.

    Args:
        plan: of the study.
        ledger: its record.
        judge: of trials on their way.
        workers: who train; they are left running.
        stop: a signal that asks to leave, with everything saved.
        say: is told what begins and ends.
        show: is shown each trial's training; None: it has ended.
    """

    def __init__(
        self,
        plan: Plan,
        ledger: Ledger,
        judge: Judge,
        workers: Workers,
        stop: StopRequest,
        say: Say,
        show: Show,
    ) -> None:
        self._plan, self._ledger, self._judge, self._workers = plan, ledger, judge, workers
        self._stop, self._say, self._show = stop, say, show
        self._journal = Journal(plan.folder / JOURNAL)
        self._busy: dict[int, Sitting] = {}
        self._failure: errors.FoldwiseError | None = None
        self._exhausted = False
        self._began, self._here, self._wanted = time.monotonic(), 0, 0

    def drive(self, wanted: int, max_seconds: float | None = None) -> None:
        """Train until the study has `wanted` trials, or until the time is over.

        Raises:
            Interrupted: a stop was asked for; every worker has saved its work.
            FoldFailed: the first trials all failed.
            DataError: the data have changed or gone.
            StorageError: a worker met it; the same call goes on.
        """
        self._began, self._wanted = time.monotonic(), wanted
        ends = None if max_seconds is None else self._began + max_seconds
        for number in self._ledger.settle_orphans():
            self._queued_again(number, "its driver was killed")
        best = self._ledger.incumbent()
        for trial in self._ledger.settled():
            self._tidy(trial, best)
        stopping = False
        while True:
            if (self._stop.asked or self._failure) and not stopping:
                stopping = True
                self._workers.stop()
            if not stopping:
                self._begin(ends)
            if not self._busy:
                break
            self._workers.withdraw()
            heard = self._workers.hear(POLL_SECONDS)
            if heard is not None:
                self._heed(heard)
        self._stop.raise_if_asked()
        if self._failure:
            raise self._failure

    def _begin(self, ends: float | None) -> None:
        """Give each idle worker a trial, while more are wanted."""
        for slot in range(self._workers.count):
            if slot in self._busy or self._exhausted or not self._has_time(ends):
                continue
            if not self._workers.has_place(slot):
                continue
            if len(self._ledger.settled()) + len(self._busy) >= self._wanted:
                return
            trial = self._ledger.ask()
            if trial is None:
                self._exhausted = True
                self._say(
                    "nothing new is suggested any more: (nearly) all combinations were tried, or "
                    "contradict each other"
                )
                return
            self._hand_over(slot, trial)

    def _has_time(self, ends: float | None) -> bool:
        finished = [t.outcome.spent.seconds for t in self._ledger.settled()]
        return ends is None or time.monotonic() + max(finished, default=0.0) < ends

    def _hand_over(self, slot: int, trial: Trial) -> None:
        self._busy[slot] = Sitting(trial, self._plan.folds)
        self._journal.write("begun", trial=trial.number, run=trial.run, values=trial.values)
        words = " ".join(f"{name}={value}" for name, value in trial.values.items())
        self._say(f"trial {trial.number}: {words}")
        self._train(slot, trial)

    def _train(self, slot: int, trial: Trial) -> None:
        settings = self._plan.settings(trial.values).model_dump(mode="json")
        self._workers.begin(slot, TrialJob(trial.run, settings, self._plan.folds))

    def _heed(self, heard: Heard) -> None:
        sitting = self._busy.get(heard.slot)
        if heard.message is None:
            ended = self._workers.ended(heard.slot)
            if sitting is not None:
                self._mourn(heard.slot, sitting, ended)
            return
        if sitting is None:
            return
        for what, said in heard.message.items():
            self._take(what, said, heard.slot, sitting)

    def _take(self, what: str, said: Any, slot: int, sitting: Sitting) -> None:
        if what == "note":
            warnings.warn(FoldwiseWarning(said), stacklevel=1)
        elif what == "progress":
            self._show(sitting.trial, Progress(**said))
        elif what == "look":
            sitting.look = SaidLook(**said)
            self._answer(slot, sitting, self._judge.after_look(sitting, sitting.look))
        elif what == "fold":
            fold = SaidFold(**said)
            sitting.done[fold.fold] = fold
            self._answer(slot, sitting, self._judge.after_fold(sitting, fold))
        else:
            self._end(slot, sitting, SaidEnd(**said))

    def _answer(self, slot: int, sitting: Sitting, dropped: str) -> None:
        sitting.dropped = dropped
        self._workers.say(slot, {"go_on": not dropped})

    def _end(self, slot: int, sitting: Sitting, said: SaidEnd) -> None:
        trial, kind = sitting.trial, getattr(errors, said.error, None)
        if said.state == "stopped" or self._ends_study(kind):
            self._put_off(slot, said.error or "stopped")
            self._failure = self._failure or (kind(*said.complaints) if kind else None)
            return
        del self._busy[slot]
        if said.state == "finished":
            found = self._judge.result(trial)
            outcome = Outcome("finished", found.value, found.standard_error, spent=sitting.spent())
            self._settle(trial, outcome)
        elif said.state == "dropped":
            self._settle(trial, Outcome("pruned", reason=sitting.dropped, spent=sitting.spent()))
        else:
            reason = "; ".join(said.complaints)
            self._settle(trial, Outcome("failed", reason=reason, spent=sitting.spent()))

    def _ends_study(self, kind: type[errors.FoldwiseError] | None) -> bool:
        """Whether an error is no fault of a trial: no room, or other data than the study's.

        Settings may leave too little of good data, such as TF-IDF with a high `min_rows`.
        """
        return kind is errors.StorageError or (
            kind is errors.DataError and not self._plan.data_is_as_it_was()
        )

    def _mourn(self, slot: int, sitting: Sitting, ended: Ended) -> None:
        """A worker has died: its trial goes on in another, once."""
        trial = sitting.trial
        leaving = self._stop.asked or self._failure is not None
        if leaving or not ended.had_machine:
            self._put_off(slot, "stopped" if leaving else NO_PLACE)
            return
        self._journal.write("worker died", trial=trial.number, exit_code=ended.exit_code)
        sitting.trial = self._ledger.died(trial)
        code = f"(exit code {ended.exit_code}; a negative one is a signal)"
        if sitting.trial.deaths < ATTEMPTS:
            self._try_again(slot, sitting, f"its worker died {code}")
            return
        del self._busy[slot]
        reason = (
            f"its worker died {sitting.trial.deaths} times {code}; if it was killed for its "
            f"memory, use fewer --workers"
        )
        self._settle(sitting.trial, Outcome("failed", reason=reason, spent=sitting.spent()))

    def _try_again(self, slot: int, sitting: Sitting, died: str) -> None:
        """Let a trial go on at once, or later where its machine was lost and no other has room."""
        if not self._workers.has_place(slot):
            self._put_off(slot, f"{died}; {NO_PLACE}")
            return
        sitting.look = None
        self._say(f"trial {sitting.trial.number}: {died}; another one goes on with it")
        self._train(slot, sitting.trial)

    def _put_off(self, slot: int, why: str) -> None:
        """Queue a slot's trial again."""
        trial = self._busy.pop(slot).trial
        self._exhausted = False  # there is this one to be asked for
        self._queued_again(trial.number, why)
        self._ledger.queue_again(trial)

    def _queued_again(self, number: int, why: str) -> None:
        """Note and say it."""
        self._journal.write("queued again", trial=number, why=why)
        self._say(f"trial {number}: queued again ({why})")

    def _settle(self, trial: Trial, outcome: Outcome) -> None:
        self._show(trial, None)
        before = self._ledger.incumbent()
        self._ledger.end(trial, outcome)
        best = self._ledger.incumbent()
        self._journal.write(
            outcome.state, trial=trial.number, score=outcome.score, reason=outcome.reason,
            seconds=outcome.spent.seconds,
        )  # fmt: skip
        for old in (before, trial):
            if old is not None:
                self._tidy(old, best)
        self._say(f"{self._told(trial, outcome, best)}; {self._left()}")
        failed = [t for t in self._ledger.settled() if t.outcome.state == "failed"]
        if best is None and len(failed) >= HOPELESS:
            reasons = (f"trial {t.number} failed: {t.outcome.reason}" for t in failed)
            self._failure = FoldFailed(*reasons)

    def _told(self, trial: Trial, outcome: Outcome, best: Trial | None) -> str:
        if outcome.score is None:
            return f"trial {trial.number}: {outcome.state} {outcome.reason}"
        error = outcome.standard_error
        shown = f"{outcome.score:.4f}" + ("" if error is None else f" ± {error:.4f}")
        first = best is not None and best.number == trial.number
        so_far = ", the best so far" if first else ""
        return f"trial {trial.number}: {self._plan.metric.name} {shown}{so_far}"

    def _left(self) -> str:
        """How many trials are done, and how long the others may take at the pace of this call."""
        done = len(self._ledger.settled())
        self._here += 1
        pace = (time.monotonic() - self._began) / self._here
        left = timedelta(seconds=round(pace * max(0, self._wanted - done)))
        return f"{done} of {counted(self._wanted, 'trial')}, about {left} left"

    def _tidy(self, trial: Trial, best: Trial | None) -> None:
        """Keep the weights of the best trial alone."""
        if best is None or best.number != trial.number:
            forget_weights(self._plan.project.run(trial.run))
