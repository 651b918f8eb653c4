"""What can go wrong, by exit code: a user error is one message without a traceback.

A message states the rule, the value received and the next step. All complaints about one input are
collected and raised at once, so that a file is corrected in one go.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Self

SHOWN_COMPLAINTS = 20
# What to do about a command that was stopped; `of_fresh` corrects both for one begun with --fresh.
# Not said of what fails before anything is begun: there the old runs are not set aside yet.
GOES_ON = "the same command goes on"
AGAIN = "run the same command again"
LEFT_OUT = "if --fresh, which begins again, is left out"
KEEPS = "without --fresh it goes on with what it has done"


class FoldwiseError(Exception):
    """A failure its reader can act on: one or several complaints, and the exit code they mean."""

    exit_code = 1

    def __init__(self, *complaints: str) -> None:
        super().__init__(*complaints)
        self.complaints = complaints

    def __str__(self) -> str:
        """The complaints as one message, the first twenty in full."""
        if len(self.complaints) == 1:
            return self.complaints[0]
        shown = [f"  - {complaint}" for complaint in self.complaints[:SHOWN_COMPLAINTS]]
        hidden = len(self.complaints) - len(shown)
        more = [f"  ... and {hidden} more"] if hidden else []
        return "\n".join([f"{len(self.complaints)} problems:", *shown, *more])

    def of_fresh(self) -> Self:
        """The failure of a command given with --fresh, which would begin again: it is left out."""
        complaints = tuple(
            complaint.replace(GOES_ON, f"{GOES_ON} {LEFT_OUT}").replace(AGAIN, f"{AGAIN}; {KEEPS}")
            for complaint in self.complaints
        )
        other = type(self).__new__(
            type(self), *complaints
        )  # a stop is not made of complaints alone
        vars(other).update(vars(self), complaints=complaints)
        return other


class UsageError(FoldwiseError):
    """Bad arguments or settings."""

    exit_code = 2


class DataError(FoldwiseError):
    """Bad data: a file, an id, a label, a fold table, a submission."""

    exit_code = 3


class FoldFailed(FoldwiseError):
    """A fold or trial failed: it diverged, ran out of memory, or its worker died twice."""

    exit_code = 4


class StorageError(FoldwiseError):
    """The disk is full, or every checkpoint is unusable."""

    exit_code = 5


class Interrupted(FoldwiseError):
    """Stopped by a signal; everything is saved and the same command goes on, but for --fresh."""

    def __init__(self, signal_number: int, message: str) -> None:
        super().__init__(message)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


class FoldwiseWarning(UserWarning):
    """Something its reader should know, that stops nothing."""


class Complaints:
    """Collects complaints about one input, then raises them together.

    >>> complaints = Complaints()
    >>> complaints.add("line 3: the id is empty; give every row an id")
    >>> complaints.raise_if_any(DataError)
    Traceback (most recent call last):
    foldwise.errors.DataError: line 3: the id is empty; give every row an id
    """

    def __init__(self) -> None:
        self._messages: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(self, message: str) -> None:
        """Note one complaint: the rule, the value received, the next step."""
        self._messages.append(message)

    def extend(self, messages: Iterable[str]) -> None:
        """Note several complaints."""
        self._messages.extend(messages)

    def raise_if_any(self, kind: type[FoldwiseError]) -> None:
        """Raise all complaints as one error of `kind`, if there are any."""
        if self._messages:
            raise kind(*self._messages)


def did_you_mean(name: str, known: Iterable[str], prefix: str = "") -> str:
    """A clause that names the nearest of the `known` names, or lists them all.

    The nearest is shown with `prefix` before it, such as the section of a setting.
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {prefix + close[0]!r}?"
    return f"known: {', '.join(names)}" if names else "none is known"


def counted(count: int, one: str, many: str = "") -> str:
    """The count with its noun: "1 row", "1,200 rows".

    Args:
        count: of what.
        one: the noun, with the verb where one follows: "row", "row has".
        many: its plural; by default with an s.
    """
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listed(items: Sequence[object], shown: int = 8) -> str:
    """The first `shown` items in words, and how many more there are."""
    words = ", ".join(str(item) for item in items[:shown])
    return words if len(items) <= shown else f"{words} and {len(items) - shown} more"
