"""A trial while it trains."""

from dataclasses import dataclass, field

from foldwise.tuning.jobs import SaidFold, SaidLook
from foldwise.tuning.trials import Spent, Trial


@dataclass
class Sitting:
    """A trial in the hands of a worker; the driver changes it as it hears more.

    Attributes:
        folds: that the trial has in all.
        done: its finished folds by number, those of earlier sittings too.
        look: the latest evaluation of its first fold.
        dropped: why it is not worth going on with; empty where it is.
    """

    trial: Trial
    folds: tuple[int, ...]
    done: dict[int, SaidFold] = field(default_factory=dict)
    look: SaidLook | None = None
    dropped: str = ""

    def spent(self) -> Spent:
        """What it took so far, as far as the worker told."""
        spent = Spent()
        for fold in self.done.values():
            share = 1 / len(self.folds)
            spent = spent.plus(Spent(fold.seconds, fold.cpu_seconds, fold.steps, share))
        look = self.look
        if look is not None and look.fold not in self.done:
            share = look.step / look.steps / len(self.folds)
            spent = spent.plus(Spent(look.seconds, look.cpu_seconds, look.step, share))
        return Spent(
            round(spent.seconds, 2),
            round(spent.cpu_seconds, 2),
            spent.steps,
            min(1.0, round(spent.share, 6)),
        )
