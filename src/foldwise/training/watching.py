"""What an evaluation during training shows to whoever decides whether the rest is worth it."""

from collections.abc import Callable
from dataclasses import dataclass

from foldwise.predictions.table import Predictions


@dataclass(frozen=True, eq=False)
class Look:
    """One evaluation of a fold's validation rows.

    Attributes:
        step: of the training, after which it was made.
        steps: of the whole training of this fold.
        seconds: of training so far.
        cpu_seconds: likewise, of this process's threads.
        score: of `valid`, in the competition's metric.
        valid: what the weights of this step predict; not what the fold keeps in the end.
    """

    fold: int
    step: int
    steps: int
    seconds: float
    cpu_seconds: float
    score: float
    valid: Predictions


Watch = Callable[[Look], None]  # what it raises ends the training
