"""Whether a session of a training went on from what the one before had left.

The same bits in the end do not tell: a training from scratch ends with them, too. What a fold wrote
while it was trained does: its result holds its seconds, its journal each time it was resumed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foldwise.errors import listed
from foldwise.journal import FILE as JOURNAL
from foldwise.journal import Journal
from foldwise.kaggle.simulation.verdict import Check
from foldwise.training.checkpoint_folders import checkpoint_folders
from foldwise.training.fold_result import RESULT


def left_something(working: Path) -> bool:
    """Whether the session in `working` left a finished fold or a checkpoint of one."""
    return bool(_finished_in(working) or _checkpoints_in(working))


def resuming_checks(
    number: int, before: Path, after: Path, report: Mapping[str, Any]
) -> Iterator[Check]:
    """Whether a session used all that the one before had left.

    Args:
        number: of the session.
        before: the working folder of the one before, as that left it.
        after: its own working folder.
        report: its own.
    """
    resumed = report.get("resumed_from")
    what = f"session {number} goes on from session {number - 1}"
    yield Check(what, bool(resumed), f"resumed_from is {resumed!r}")
    finished, now = _finished_in(before), _finished_in(after)
    anew = [fold for fold, result in finished.items() if now.get(fold) != result]
    what = f"session {number} keeps finished folds"
    yield Check(what, not anew, f"of {len(finished)} anew: {listed(anew)}")
    begun = [fold for fold in _checkpoints_in(before) if fold not in finished]
    anew = [fold for fold in begun if _times_resumed(after, fold) <= _times_resumed(before, fold)]
    what = f"session {number} goes on from checkpoints"
    yield Check(what, not anew, f"of {len(begun)} not used: {listed(anew)}")


def _finished_in(working: Path) -> dict[str, bytes]:
    """The results of finished folds, by run and fold."""
    paths = sorted(working.glob(f"runs/*/fold-*/{RESULT}"))
    return {str(path.parent.relative_to(working)): path.read_bytes() for path in paths}


def _checkpoints_in(working: Path) -> list[str]:
    """The folds that have a whole checkpoint."""
    folds = sorted(working.glob("runs/*/fold-*"))
    return [str(fold.relative_to(working)) for fold in folds if checkpoint_folders(fold)]


def _times_resumed(working: Path, fold: str) -> int:
    return len(list(Journal(working / fold / JOURNAL).events("resumed")))
