"""What one session left: how the notebook ended, and what lies in `/kaggle/working`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.kaggle.session.report import FILE
from foldwise.kaggle.simulation.isolation import Isolation
from foldwise.kaggle.simulation.job import Job, Session

SHOWN_CHARACTERS = 400


@dataclass(frozen=True)
class Outcome:
    """One execution of the notebook.

    Attributes:
        session: None where the process was stopped before it could say.
        isolation: how it was kept from the machine.
        errors: what its process said on standard error.
        working: its `/kaggle/working`, until that is removed.
        report: the kernel's own; empty where there is none that can be read.
        packages: where a Foldwise that the notebook installed may lie.
        changes: input files that were changed.
        damaged: the file that was damaged before; empty: none.
    """

    session: Session | None
    isolation: Isolation
    errors: str
    working: Path
    report: dict[str, Any]
    packages: tuple[str, ...]
    changes: tuple[str, ...]
    damaged: str

    @property
    def submission(self) -> Path:
        """Where the submission should be."""
        return self.working / "submission.csv"

    @property
    def ending(self) -> str:
        """How the notebook ended, in a few words."""
        if self.session is None:
            return "stopped from outside"
        if self.session.state == "finished":
            return "finished"
        return f"{self.session.state} in cell {self.session.cell}: {short(self.session.error)}"

    @property
    def trouble(self) -> str:
        """How it ended, with what its process said where nothing else is known."""
        return self.ending if self.session else f"{self.ending}: {short(self.errors)}"


def report_in(working: Path) -> dict[str, Any]:
    """The report that a kernel left in `working`; empty where there is none that can be read."""
    try:
        table = json.loads((working / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}


def packages_of(job: Job) -> tuple[str, ...]:
    """Where a package that the notebook installs may lie, as the kernel sees it."""
    return (str(job.path("venv")), f"{job.root}/working", f"{job.root}/temp", str(job.path("tmp")))


def short(text: str) -> str:
    """`text` in one line of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"
