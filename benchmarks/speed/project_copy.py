"""A project of its own for a whole run: data, folds and one experiment."""

import csv
import shutil
from pathlib import Path
from typing import Literal

from speed.foldwise_parts import settings_of
from speed.preparation import ROOT
from speed.task import Contestant, Task

from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.loading import load
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project, cache_folder
from foldwise.settings import Hardware, Training, dump_toml
from foldwise.training.hardware import resolved_hardware, usable_cores

EXPERIMENT = "bench"
EVALUATIONS = 2  # an epoch


def copied_project(root: Path, name: str, rows: int, folds: int | None) -> Project:
    """A project in `root` with the data of the competition `name`, and its folds.

    Args:
        root: an empty folder.
        name: of the competition, whose data is there.
        rows: of training that will be used; the test rows are cut to the same share. 0: all.
        folds: how many; None: those of the committed table.
    """
    shutil.copytree(ROOT / "input" / name, root / "input" / name)
    (root / "folds").mkdir()
    (root / "experiments").mkdir()
    project = Project(root)
    competition = load_competition(project.competition(name))
    loaded = load(competition)
    if rows:
        kept = max(1, len(loaded.test) * rows // len(loaded.train))
        _cut(competition, set(loaded.test.ids[:kept]))
    if folds is None:
        shutil.copy(Project(ROOT).folds(name), project.folds(name))
    else:
        save_folds(project.folds(name), make_folds(loaded, n=folds).table)
    # kept probes of the machine; tokens are made anew
    shutil.copytree(cache_folder("precision"), root / "cache" / "precision", dirs_exist_ok=True)
    return project


def write_experiment(
    project: Project, competition: str, task: Task, contestant: Contestant, seed: int, rows: int
) -> None:
    """The experiment "bench", as the task and the contestant describe it."""
    chosen = settings_of(task, contestant, seed)
    training = Training(
        epochs=task.epochs,
        batch_size=task.batch_size,
        evaluations_per_epoch=EVALUATIONS,
        rows=rows,
    )
    hardware = Hardware(device=task.device, precision=contestant.precision)  # its own threads
    described = chosen.model_copy(
        update={"competition": competition, "training": training, "hardware": hardware}
    )
    path = project.root / "experiments" / f"{EXPERIMENT}.toml"
    path.write_text(dump_toml(described), encoding="utf-8")


def probe_machine(device: Literal["cpu", "cuda"]) -> None:
    """Try what is fastest here, as a user's second run finds it done: it is kept for good."""
    for folds in range(1, usable_cores() + 1):
        resolved_hardware(Hardware(device=device), folds)


def _cut(competition: Competition, ids: set[str]) -> None:
    """Leave only the test rows with these ids, in every file that has a line for each."""
    for file in ("test", "sample_submission", "solution"):
        if file == "solution" and not competition.files.solution:
            continue
        path = competition.path(file)
        with path.open(encoding="utf-8", newline="") as source:
            head, *lines = csv.reader(source)
        at = head.index(competition.id)
        with path.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([head, *(line for line in lines if line[at] in ids)])
