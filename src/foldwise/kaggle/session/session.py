"""One run of a kernel's notebook: where it reads and writes, and how long it may take."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from foldwise.kaggle.package import Package, read_package
from foldwise.paths import Project

SUBMISSION = "submission.csv"
SCRATCH = ".foldwise"  # in the working folder, removed in the end


@dataclass(frozen=True)
class Session:
    """A kernel at work.

    Attributes:
        root: `/kaggle`, or what stands in for it.
        folder: the package among the inputs.
        package: what it says of itself.
        rerun: whether this is the run on the hidden test.
        ends: when the time is up, on `time.monotonic`'s clock.
        began: when the notebook began, on the same clock.
        remarks: what the report should tell; stages add to it.
    """

    root: Path
    folder: Path
    package: Package
    rerun: bool
    ends: float
    began: float
    remarks: list[str] = field(default_factory=list)

    @property
    def input(self) -> Path:
        """The attached inputs, which nothing is written to."""
        return self.root / "input"

    @property
    def working(self) -> Path:
        """The only folder that is written to; Kaggle keeps what lies there."""
        return self.root / "working"

    @property
    def scratch(self) -> Path:
        """A folder in it that is gone in the end."""
        return self.working / SCRATCH

    @property
    def submission(self) -> Path:
        """What Kaggle scores."""
        return self.working / SUBMISSION

    @property
    def project(self) -> Project:
        """The Foldwise project that is staged from the inputs."""
        return Project(self.scratch / "project")

    def seconds_left(self) -> float:
        """Until the time is up; never below zero."""
        return max(0.0, self.ends - time.monotonic())

    def seconds(self) -> float:
        """Since the notebook began."""
        return time.monotonic() - self.began

    def remark(self, message: str) -> None:
        """Keep a sentence for the report, once."""
        if message not in self.remarks:
            self.remarks.append(message)


def begin(
    folder: Path, *, root: Path, seconds: float, rerun: bool, began: float | None = None
) -> Session:
    """The session of the package in `folder`.

    Args:
        folder: the package.
        root: `/kaggle`, or what stands in for it.
        seconds: how long the notebook may take in all.
        rerun: whether this is the run on the hidden test.
        began: when it began, on `time.monotonic`'s clock; by default now.

    Raises:
        StorageError: the package's manifest is damaged.
    """
    start = time.monotonic() if began is None else began
    return Session(root, folder, read_package(folder), rerun, start + seconds, start)
