"""Where a range test of an experiment's rates is written, which is no run."""

from pathlib import Path

from foldwise.paths import Project, checked_name

MARK = "~lr-find"  # no run's name may hold a ~
RESULT, PICTURE = "range.json", "lr-find.png"


def range_folder(project: Project, experiment: str) -> Path:
    """`runs/<experiment>~lr-find/`, whether it exists or not.

    Raises:
        UsageError: the experiment's name could not be that of a run.
    """
    return project.root / "runs" / f"{checked_name('run', experiment)}{MARK}"


def is_range_test(folder: Path) -> bool:
    """Whether a folder in `runs/` holds a range test, and so is no run."""
    return folder.name.endswith(MARK)
