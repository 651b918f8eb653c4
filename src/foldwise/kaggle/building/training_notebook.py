"""The training kernel's notebook: thin cells over `foldwise.kaggle.session`."""

from foldwise.kaggle.building.notebook import Cell
from foldwise.kaggle.building.shared_cells import kernel_cells
from foldwise.kaggle.building.time_limit import KAGGLE_SECONDS, in_words, notebook_seconds

PARAMETERS = """
import os
import sys
import time
from pathlib import Path

BEGAN = time.monotonic()
PACKAGE = "{name}"
PACKAGE_SHA256 = "{sha256}"  # of its manifest; empty: any of this name
SECONDS = float(os.environ.get("FOLDWISE_KERNEL_SECONDS") or {seconds})  # for the whole notebook

ROOT = Path(os.environ.get("FOLDWISE_KAGGLE_ROOT") or "/kaggle")
print(f"{{SECONDS:,.0f}} s")
"""

CHECK = """
from foldwise.kaggle.session.checks import check_package, check_versions
from foldwise.kaggle.session.devices import find_devices
from foldwise.kaggle.session.session import begin

session = begin(FOLDER, root=ROOT, seconds=SECONDS, rerun=False, began=BEGAN)
check_package(session)  # SHA-256 of every file; a damaged one ends the notebook here
print("versions:", *(check_versions(session) or ["those of the build"]))
devices = find_devices()
print(*(device.name for device in devices.usable), *devices.remarks, sep="\\n")
"""

RESTORE = """
from foldwise.kaggle.session.checks import check_room
from foldwise.kaggle.session.earlier import restore_runs
from foldwise.kaggle.session.training import names_of, room_to_train, stage_training

competition = stage_training(session)
earlier = restore_runs(session, names_of(session))
print(*[f"{name}: goes on from {folder}" for name, folder in earlier.items()] or ["first session"])
needed = room_to_train(session, len(devices.usable))
print(f"free: {check_room(session, needed) / 1e9:,.1f} GB, at most {needed / 1e9:,.1f} needed")
"""

TRAIN = """
from foldwise.kaggle.session.shown import Shown
from foldwise.kaggle.session.training import train

trained = train(session, Shown(print))
"""

REPORT = """
from foldwise.kaggle.session.training import finish_training

report = finish_training(session, trained, earlier)
print(*report.lines(), sep="\\n")
"""

STEPS = (
    ("check", "Is everything whole?\n\nFiles, versions, one real GPU operation.", CHECK),
    ("restore", "What earlier sessions trained\n\nFound among this notebook's inputs.", RESTORE),
    ("train", "Training\n\nOne process a GPU; stops in time, with everything saved.", TRAIN),
    ("report", "Report\n\nWhat is done, what is left, how many sessions that takes.", REPORT),
)


def training_cells(
    name: str,
    run: str,
    competition: str,
    folds: int,
    seeds: int,
    sha256: str = "",
    max_seconds: float = KAGGLE_SECONDS,
) -> list[Cell]:
    """The cells of the kernel `name`, which trains `run` for the competition with this title.

    `max_seconds` are what a session may take in all; `sha256` is of the package's manifest.
    """
    what = (
        f"# {run}: {competition}\n\n"
        f"Trains the Foldwise run `{run}`, {folds} folds"
        f"{f' of {seeds} seeds' if seeds > 1 else ''}, offline and in as many sessions as it "
        "takes. Each session is a push of this kernel's folder, until the report says "
        "`complete`:\n\n"
        "    foldwise kernel push DIR\n\n"
        "From the second push on, this notebook has its own output among its inputs, and goes on "
        "from there. That of the first push has not: run again on Kaggle, it begins anew.\n\n"
        f"{in_words(max_seconds)} It stops in time, with everything saved."
    )
    seconds = notebook_seconds(max_seconds)
    parameters = PARAMETERS.format(name=name, sha256=sha256, seconds=seconds)
    return kernel_cells(what, parameters, STEPS)
