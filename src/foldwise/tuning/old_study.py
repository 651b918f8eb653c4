"""An older study of the same name, out of the way of a fresh one."""

import glob
from pathlib import Path

from foldwise.locks import only_driver_of
from foldwise.storage import new_aside
from foldwise.tuning.names import DATABASE, MARK, TRIAL

WAIT_SECONDS = 60.0  # for a worker whose driver was killed, and which is still saving


def set_study_aside(folder: Path) -> Path | None:
    """Where the old study and its trials now lie; None: there was nothing.

    The caller holds the study's lock, which stays. The database goes last: after a kill in between
    it is still a study, and the next fresh one sets aside what this one left.

    Raises:
        UsageError: a trial is still being trained; names the process.
    """
    trials = f"{glob.escape(folder.name)}{TRIAL.removeprefix(MARK)}*"
    old_trials = sorted(folder.parent.glob(trials))
    own = sorted(folder.glob("[!.]*"), key=lambda path: (path.name == DATABASE, path.name))
    if not own and not old_trials:
        return None
    aside = new_aside(folder)
    for trial in old_trials:
        with only_driver_of(trial, WAIT_SECONDS):
            trial.rename(aside / trial.name)
    for path in own:
        path.rename(aside / path.name)
    return aside
