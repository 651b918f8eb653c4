"""The case of a training kernel: a session that its limit ends, then others that go on from it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from foldwise.errors import DataError, counted
from foldwise.kaggle.simulation.case_rows import CaseRows
from foldwise.kaggle.simulation.cases import Case
from foldwise.kaggle.simulation.executing import Played, Stage, execute
from foldwise.kaggle.simulation.inference_case import keep, removed, seconds_of
from foldwise.kaggle.simulation.isolation import Heard
from foldwise.kaggle.simulation.judging import isolation_checks
from foldwise.kaggle.simulation.resuming import left_something, resuming_checks
from foldwise.kaggle.simulation.verdict import Check, Verdict
from foldwise.predictions.table import read_predictions

SESSIONS = 4  # at most; one that is cut short, and one that finishes, are enough
TRIES = 4  # at a limit that cuts the first session short, yet not before it trains
START_SECONDS = 30.0  # of a session, before it trains
SHARE = 0.5  # of the local run's training
UNKNOWN_SECONDS = 30.0  # of training, where no local run says how long it takes
NOT_COMPARED = "OOF not compared"


def play_training(stage: Stage, case: Case, rows: CaseRows, folder: Path, heard: Heard) -> Verdict:
    """The verdict: what the sessions finished together is what one local run finished.

    The first session's limit is half of what the local run trained for, or short where there is
    none. Where the kernel finishes in it all the same, it is cut shorter, and where it hardly began
    to train, as on a busy machine, longer; the sessions begin anew then.
    """
    trained = stage.trained
    budget = START_SECONDS + (SHARE * trained.seconds if trained else UNKNOWN_SECONDS)
    for _ in range(TRIES):
        with removed(folder / case.name) as own:
            played = _play_sessions(stage, replace(case, budget=budget), rows, own, heard)
            checks = tuple(_checks(stage, played))
            names = [keep(stage, one, f"{case.name}-{i}") for i, one in enumerate(played, start=1)]
            another = other_limit(budget, _state(played[0]), trained=_trained(played[0]))
        if another is None:
            break
        budget = another
    seconds = sum(seconds_of(one) for one in played)
    return Verdict(case, _happened(stage, played), seconds, checks, tuple(names))


def other_limit(seconds: float, state: str, *, trained: bool) -> float | None:
    """The limit to try next of a session that is to be cut short in its training; None: it was.

    Args:
        seconds: its limit.
        state: what its report says.
        trained: whether it left something to go on from, and can tell how many sessions are left.
    """
    if state == "complete":
        return seconds / 2
    return 2 * seconds if state == "partial" and not trained else None


def _play_sessions(
    stage: Stage, case: Case, rows: CaseRows, folder: Path, heard: Heard
) -> list[Played]:
    """Sessions, each with the output of the one before, until the training is complete.

    The first alone where it was not cut short in its training.
    """
    folder.mkdir()
    played: list[Played] = []
    while len(played) < SESSIONS:
        limited = case if not played else replace(case, budget=None)
        previous = played[-1].outcome.working if played else None
        own = folder / str(len(played) + 1)
        played.append(execute(stage, limited, rows, own, heard, previous))
        if _state(played[-1]) != "partial" or not _trained(played[0]):
            break
    return played


def _state(played: Played) -> str:
    return str(played.outcome.report.get("state", "no report"))


def _trained(played: Played) -> bool:
    """Whether a session left something to go on from, and can tell how many are left."""
    outcome = played.outcome
    return left_something(outcome.working) and outcome.report.get("sessions_left") is not None


def _happened(stage: Stage, played: Sequence[Played]) -> str:
    happened = f"{counted(len(played), 'session')}: {', '.join(map(_state, played))}"
    return happened if stage.trained else f"{happened}; {NOT_COMPARED}"


def _checks(stage: Stage, played: Sequence[Played]) -> Iterator[Check]:
    for number, one in enumerate(played, start=1):
        for check in isolation_checks(one.outcome):
            yield replace(check, what=f"session {number}: {check.what}")
        finished = one.outcome.session is not None and one.outcome.session.state == "finished"
        seen = one.outcome.ending if finished else one.outcome.trouble
        yield Check(f"session {number}: the notebook runs to its end", finished, seen)
    yield from _resumed_checks(played)
    first, last = played[0].outcome.report, _state(played[-1])
    cut = first.get("state") == "partial"
    yield Check("session 1 is cut short", cut, f"it says {first.get('state')!r}")
    left = first.get("sessions_left")
    said = isinstance(left, int) and left >= 1
    yield Check("it says how many sessions are left", said, f"it says {left!r}")
    yield Check("the last session is complete", last == "complete", f"it says {last!r}")
    if last == "complete" and stage.trained:
        yield _oof_check(stage, stage.trained.oof, played[-1])


def _resumed_checks(played: Sequence[Played]) -> Iterator[Check]:
    """Whether each session but the first goes on from what the one before it left."""
    left = left_something(played[0].outcome.working)
    yield Check("session 1 leaves a checkpoint or a finished fold", left)
    for number, (before, after) in enumerate(pairwise(played), start=2):
        folders = before.outcome.working, after.outcome.working
        yield from resuming_checks(number, *folders, after.outcome.report)


def _oof_check(stage: Stage, oof: Path, last: Played) -> Check:
    """Whether the out-of-fold predictions are the local run's, to the bit."""
    what = "OOF predictions are the local run's, to the bit"
    path = last.outcome.working / "runs" / stage.kernel.package.run / "oof.csv"
    local = read_predictions(oof)
    try:
        found = read_predictions(path).aligned_to(local.ids, "the local run")
    except DataError as error:
        return Check(what, False, str(error))
    if found.outputs != local.outputs or not np.array_equal(found.folds, local.folds):  # type: ignore[arg-type]
        return Check(what, False, "outputs or folds are others")
    differs = int((found.values != local.values).any(axis=1).sum())
    largest = float(np.abs(found.values - local.values).max(initial=0.0))
    seen = f"{len(local):,} rows, {differs:,} differ, by up to {largest:.1e}"
    return Check(what, differs == 0, seen)
