"""A finished run, packed: a small Foldwise project that predicts as the whole one does."""

import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from foldwise.competition.competition import load_competition
from foldwise.ensembling.record import FILE as ENSEMBLE
from foldwise.ensembling.record import is_ensemble, members_below
from foldwise.errors import DataError
from foldwise.kaggle.building.half import write_half
from foldwise.paths import Project
from foldwise.settings import load_experiment
from foldwise.storage import (
    disk_full_explained,
    sha256_of_file,
    sync_file,
    write_json,
    write_text,
)
from foldwise.training.fold_result import RESULT, check_file, read_result
from foldwise.training.run_scores import FILE as SCORES
from foldwise.training.run_scores import TABLES, read_scores, read_tables

# What a kernel needs of a run besides its folds; OOF and test tables prove that members are those
# that were blended, and the report draws the OOF.
OF_A_RUN = (SCORES, *TABLES)
OF_A_TRAINED_RUN = ("settings.toml", "manifest.json")
EXPECTED = "expected.json"
SOLUTION = re.compile(r"(?m)^[ \t]*solution[ \t]*=.*\n?")


def pack_runs(project: Project, run: str, folder: Path, *, half: bool) -> Project:
    """The project in `folder`, with `run` and all it is blended from.

    Args:
        project: where the runs are.
        run: a finished run, an ensemble included.
        folder: the package's.
        half: whether encoders' weights are written as float16.

    Raises:
        DataError: a run has not finished.
        StorageError: a file is not what the run wrote, or the disk is full.
    """
    for name in dict.fromkeys([run, *members_below(project, run)]):
        read_tables(project.run(name))  # checked against the run's scores
        source, to = project.run(name), folder / "runs" / name
        _copy(source, to, OF_A_RUN)
        _copy(source, to, [EXPECTED] if (source / EXPECTED).is_file() else [])
        if is_ensemble(source):
            _copy(source, to, [ENSEMBLE])
        else:
            _pack_trained(source, to, half=half)
    scores = read_scores(project.run(run))
    pack_competition(project, scores.competition, folder)
    return Project(folder)


def pack_competition(project: Project, name: str, folder: Path) -> None:
    """Put the competition's description and its fold table into the package.

    Without the hidden solution, which no kernel has.

    Raises:
        DataError: there is no fold table.
    """
    text = (project.competition(name) / "competition.toml").read_text(encoding="utf-8")
    path = folder / "input" / name / "competition.toml"
    write_text(path, SOLUTION.sub("", text))
    if load_competition(path.parent).files.solution:
        raise DataError(
            f"{project.competition(name) / 'competition.toml'}: a kernel must not get the solution;"
            f" write `solution = ...` on a line of its own under [files]"
        )
    folds = project.folds(name)
    if not folds.is_file():
        raise DataError(f"no folds: {folds} does not exist; run: foldwise folds {name}")
    copy_file(folds, folder / "folds" / folds.name)


def copy_file(source: Path, to: Path) -> None:
    """Copy the bytes of `source` to `to`, and wait until they are on the disk.

    Raises:
        StorageError: the disk is full.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    with disk_full_explained(to, source.stat().st_size):
        shutil.copyfile(source, to)
        sync_file(to)


def _copy(source: Path, to: Path, names: Sequence[str]) -> None:
    for name in names:
        copy_file(source / name, to / name)


def _pack_trained(source: Path, to: Path, *, half: bool) -> None:
    """The settings, the encoder's config and tokenizer, and every fold's model."""
    _copy(source, to, OF_A_TRAINED_RUN)
    settings = load_experiment(source / "settings.toml")
    encoder = sorted(p for p in (source / "encoder").glob("[!.]*") if p.is_file())
    for path in encoder:
        copy_file(path, to / "encoder" / path.name)
    for fold in range(len(read_scores(source).looks)):
        folder = source / f"fold-{fold}"
        _pack_fold(folder, to / folder.name, half=half and settings.kind == "encoder")


def _pack_fold(source: Path, to: Path, *, half: bool) -> None:
    """A fold's model files, and its result with their hashes; not its predictions.

    Raises:
        DataError: the weights were removed, as those of a study's trials are.
    """
    result = read_result(source)
    names = [name for name in result.files if Path(name).suffix in {".safetensors", ".json"}]
    if absent := [name for name in names if not (source / name).is_file()]:
        raise DataError(
            f"{source} has no {absent[0]}: its weights were removed; train the run again under "
            f"another name, or choose a run that kept them"
        )
    for name in names:
        check_file(source, name, result)
        if half and name.endswith(".safetensors"):
            to.mkdir(parents=True, exist_ok=True)
            write_half(source / name, to / name)
        else:
            copy_file(source / name, to / name)
    files = {name: sha256_of_file(to / name) for name in names}
    write_json(to / RESULT, asdict(replace(result, files=files)))
