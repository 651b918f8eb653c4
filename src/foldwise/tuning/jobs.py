"""What a worker is given, and what it says: JSON, one object a line."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrialJob:
    """One trial to train.

    Attributes:
        run: the name of the trial's folder.
        settings: of the trial, whole, as JSON's types.
        folds: to train, in this order.
    """

    run: str
    settings: dict[str, Any]
    folds: tuple[int, ...]


# A worker says {"look": ...} and {"fold": ...}, and waits for {"go_on": true or false} after each;
# {"progress": ...} and {"note": ...} need no answer; {"ended": ...} comes last.
@dataclass(frozen=True)
class SaidLook:
    """An evaluation of the first fold, whose predictions lie in the trial's folder."""

    fold: int
    step: int
    steps: int
    seconds: float
    cpu_seconds: float
    score: float


@dataclass(frozen=True)
class SaidFold:
    """A fold that has finished, now or before."""

    fold: int
    score: float
    seconds: float
    cpu_seconds: float
    steps: int


@dataclass(frozen=True)
class SaidEnd:
    """The end of a trial.

    Attributes:
        state: "finished"; "dropped", as it was told to; "stopped" by a signal, with all saved; or
            "failed".
        error: the class of the error, in `foldwise.errors`; empty where none.
        complaints: its messages.
    """

    state: str
    error: str = ""
    complaints: tuple[str, ...] = ()
