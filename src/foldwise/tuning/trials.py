"""What is known of a trial, whoever keeps the record."""

from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["finished", "pruned", "failed", "running"]
SETTLED = ("finished", "pruned", "failed")


@dataclass(frozen=True)
class Spent:
    """What a trial took.

    Attributes:
        seconds: of training, over all sittings.
        cpu_seconds: likewise, of the processes' threads; 0 where it trained on a GPU.
        steps: of the optimizer; 0 where there is none.
        share: of all it would have taken, 0 to 1.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    steps: int = 0
    share: float = 0.0

    def plus(self, other: "Spent") -> "Spent":
        """Both together."""
        return Spent(
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            self.steps + other.steps,
            self.share + other.share,
        )

    def saved_seconds(self) -> float:
        """Seconds that the rest would have taken at the same pace."""
        return self.seconds * (1 / self.share - 1) if 0 < self.share < 1 else 0.0


@dataclass(frozen=True)
class Outcome:
    """How a trial ended.

    Attributes:
        score: of all rows of all its folds; None unless it finished: a part is never a result.
        standard_error: of the score, by the luck of the rows.
        reason: why it was pruned or failed; empty where it finished.
    """

    state: State
    score: float | None = None
    standard_error: float | None = None
    reason: str = ""
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True)
class Trial:
    """One set of values, tried once.

    Attributes:
        number: from 0, as they are begun, one after the other; kept when it is queued again.
        values: by the dotted name of the setting; only of what is read beside the others.
        run: the name of its folder.
        deaths: how many worker processes died in it.
        outcome: its state is "running" until it has ended.
    """

    number: int
    values: dict[str, Any]
    run: str
    deaths: int = 0
    outcome: Outcome = Outcome("running")
