"""An older study of the same name, out of the way of a fresh one."""

import glob
from datetime import UTC, datetime
from pathlib import Path

from foldwise.tuning.names import MARK, TRIAL


def set_study_aside(folder: Path) -> Path | None:
    """Where the old study and its trials now lie; None: there was nothing.

    The caller holds the study's lock, which stays. The study goes first: what a kill in between
    leaves are trials, which a new study goes on with only where it suggests the very same settings.
    """
    trials = f"{glob.escape(folder.name)}{TRIAL.removeprefix(MARK)}*"
    old = [*sorted(folder.glob("[!.]*")), *sorted(folder.parent.glob(trials))]
    if not old:
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = folder.with_name(f".{folder.name}.{stamp}")
    aside.mkdir()
    for path in old:
        path.rename(aside / path.name)
    return aside
