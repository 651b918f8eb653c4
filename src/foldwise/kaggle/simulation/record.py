"""A simulation's record, beside the executed notebooks: for programs, and for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.kaggle.package import FILE
from foldwise.kaggle.simulation.inference_case import KEPT
from foldwise.kaggle.simulation.isolation import DESCRIBED, Isolation
from foldwise.kaggle.simulation.kernel_folder import KernelFolder
from foldwise.kaggle.simulation.verdict import Verdict
from foldwise.storage import sha256_of_file, write_json, write_text

COLUMNS = ("case", "expected", "happened", "s", "verdict")


@dataclass(frozen=True)
class Simulation:
    """All verdicts on one kernel.

    Attributes:
        kernel: as built.
        isolation: how it was kept from the machine.
        verdicts: in the order of the cases.
        seconds: altogether, local predictions included.
    """

    kernel: KernelFolder
    isolation: Isolation
    verdicts: Sequence[Verdict]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(verdict.passed for verdict in self.verdicts)

    @property
    def headline(self) -> str:
        """What came of it, in a sentence."""
        passed = sum(verdict.passed for verdict in self.verdicts)
        return (
            f"{passed} of {len(self.verdicts)} cases passed in {self.seconds:.0f} s "
            f"({DESCRIBED[self.isolation]})"
        )

    def rows(self) -> list[list[object]]:
        """A row of `COLUMNS` for each case."""
        return [
            [
                verdict.case.name,
                verdict.expected,
                verdict.happened,
                round(verdict.seconds),
                "passed" if verdict.passed else "FAILED",
            ]
            for verdict in self.verdicts
        ]

    def failures(self) -> list[str]:
        """What does not hold, each with its case."""
        return [
            f"{verdict.case.name}: {failure}"
            for verdict in self.verdicts
            for failure in verdict.failures
        ]

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "kernel": f"{self.kernel.owner}/{self.kernel.slug}",
            "run": self.kernel.package.run,
            "competition": self.kernel.package.competition,
            "notebook_sha256": sha256_of_file(self.kernel.notebook),
            "package_sha256": sha256_of_file(self.kernel.dataset / FILE),
            "isolation": self.isolation,
            "passed": self.passed,
            "seconds": round(self.seconds, 2),
            "cases": [verdict.as_json() for verdict in self.verdicts],
        }


def write_record(simulation: Simulation) -> Path:
    """The folder with `simulation.json` and `simulation.md` of the cases that were simulated."""
    folder = simulation.kernel.folder / KEPT
    write_json(folder / "simulation.json", simulation.as_json())
    write_text(folder / "simulation.md", as_markdown(simulation))
    return folder


def as_markdown(simulation: Simulation) -> str:
    """The verdicts as a page."""
    rows = [[str(cell) for cell in row] for row in simulation.rows()]
    table = [list(COLUMNS), ["---"] * len(COLUMNS), *rows]
    lines = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in table]
    simulated = [f"- {v.case.name}: simulates {v.case.does}" for v in simulation.verdicts]
    failures = [f"- {failure}" for failure in simulation.failures()]
    title = f"# {simulation.kernel.slug}, simulated"
    parts = [[title], [f"{simulation.headline}."], lines, simulated]
    if failures:
        parts.append(["## What does not hold", "", *failures])
    return "\n\n".join("\n".join(part) for part in parts) + "\n"
