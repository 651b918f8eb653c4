"""A case's verdict: what was checked, and what was seen."""

from dataclasses import asdict, dataclass
from typing import Any

from foldwise.kaggle.simulation.cases import EXPECTED, Case


@dataclass(frozen=True)
class Check:
    """One thing that must hold.

    Attributes:
        what: must hold, in words.
        holds: whether it does.
        seen: what was seen instead, or in figures.
    """

    what: str
    holds: bool
    seen: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one case.

    Attributes:
        case: as planned.
        happened: in a few words.
        seconds: of all its sessions.
        checks: all that were made.
        notebooks: the executed ones, relative to the kernel's folder.
    """

    case: Case
    happened: str
    seconds: float
    checks: tuple[Check, ...]
    notebooks: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    @property
    def failures(self) -> list[str]:
        """What does not hold, in sentences."""
        failed = [check for check in self.checks if not check.holds]
        return [f"{check.what}: {check.seen or 'not so'}" for check in failed]

    @property
    def expected(self) -> str:
        """What was expected, in a few words."""
        return EXPECTED[self.case.ending]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "case": self.case.name,
            "simulates": self.case.does,
            "expected": self.expected,
            "happened": self.happened,
            "seconds": round(self.seconds, 2),
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "notebooks": list(self.notebooks),
        }
