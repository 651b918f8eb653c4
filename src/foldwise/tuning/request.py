"""What `foldwise tune` was asked for."""

from dataclasses import dataclass, field

from foldwise.errors import Complaints, UsageError
from foldwise.training.engine import Engine
from foldwise.training.local_engine import LocalEngine
from foldwise.tuning.names import MARK
from foldwise.tuning.pruner_names import PRUNERS, PrunerName

TRIALS = 50
LEVEL = 0.05


@dataclass(frozen=True)
class TuneRequest:
    """What `foldwise tune` was asked for.

    Attributes:
        experiment: a TOML file, or its name.
        overrides: `key=value` of all trials; a value may be a range.
        trials: in the whole study, those of earlier sittings among them.
        name: of the study, before ".tuning"; None: the experiment's.
        folds: only these; None for all.
        fast: the small form of each trial.
        workers: trials trained at once; None: one a GPU, one on a CPU.
        max_seconds: begin no trial that is not expected to end within; None for no limit.
        pruner: what drops trials before their end.
        level: of the paired pruner: the chance that a trial as good as the incumbent is dropped.
        fresh: set an older study of this name aside, with its trials, and begin again.
        partners: runs; a trial is scored by its mean with them instead of alone.
        engine: where the workers run.
    """

    experiment: str
    overrides: tuple[str, ...] = ()
    trials: int = TRIALS
    name: str | None = None
    folds: tuple[int, ...] | None = None
    fast: bool = False
    workers: int | None = None
    max_seconds: float | None = None
    pruner: PrunerName = "paired"
    level: float = LEVEL
    partners: tuple[str, ...] = ()
    fresh: bool = False
    engine: Engine = field(default_factory=LocalEngine)

    def check(self) -> None:
        """Check what can be checked without the experiment.

        Raises:
            UsageError: whatever is wrong, all at once.
        """
        complaints = Complaints()
        if self.pruner not in PRUNERS:
            complaints.add(f"--pruner is one of {', '.join(PRUNERS)}, got {self.pruner!r}")
        if not 0 < self.level < 1:
            complaints.add(f"--level is a chance between 0 and 1, such as 0.05: got {self.level:g}")
        if self.level != LEVEL and self.pruner != "paired":
            complaints.add(f"--level is the paired pruner's, and here is --pruner {self.pruner}")
        if len(set(self.partners)) < len(self.partners):
            complaints.add(f"each run is given once in --with, got {', '.join(self.partners)}")
        if self.name is not None and MARK in self.name:
            complaints.add(
                f"a study's name ends in {MARK} by itself: leave it out of {self.name!r}"
            )
        complaints.raise_if_any(UsageError)
