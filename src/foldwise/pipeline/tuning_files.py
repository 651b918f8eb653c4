"""A study on the disk: JSON for programs, a page and pictures for people, an experiment."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from foldwise.paths import Project
from foldwise.pipeline.tuned_experiment import tuned_toml
from foldwise.pipeline.tuning_curves import rate_curves
from foldwise.storage import folders_aside, read_json, write_text
from foldwise.tuning.ledger import Ledger
from foldwise.tuning.names import RESULT
from foldwise.tuning.page import page_of
from foldwise.tuning.pictures import write_pictures
from foldwise.tuning.plan import Plan
from foldwise.tuning.record import RecordedStudy, write_study_record
from foldwise.tuning.result import TuningResult

PAGE, BEST = "tuning.md", "best.toml"


class Written(NamedTuple):
    """The files, and what a reader should know of them."""

    paths: list[Path]
    experiment: Path | None
    notes: list[str]


def write_study(plan: Plan, ledger: Ledger, result: TuningResult) -> Written:
    """Write the study's files in place of older ones, and the best settings as an experiment.

    Raises:
        StorageError: the disk is full; each file is the old one or the new one.
    """
    folder, notes = plan.folder, list[str]()
    curves = rate_curves(plan, result, notes)
    importances = ledger.importances()
    try:
        pictures = write_pictures(folder, result, importances, curves)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        pictures = []
        notes.append("no pictures: matplotlib is not installed")
    experiment = _write_experiment(plan, RecordedStudy(result, "", importances, curves), notes)
    write_text(folder / PAGE, page_of(result, importances, curves, pictures))
    paths = [folder / PAGE, *(folder / picture for picture in pictures)]
    return Written(paths, experiment, notes)


def _write_experiment(plan: Plan, study: RecordedStudy, notes: list[str]) -> Path | None:
    """Write the best settings beside the other experiments, unless another file is there.

    What this study wrote itself, it replaces, or one of its name that was set aside for it.
    """
    result, best = study.result, study.result.best_trial()
    text = "" if best is None else tuned_toml(plan, result, best)
    path: Path | None = None
    if best is not None:
        write_text(plan.folder / BEST, text)
        path = experiment_path(plan.project, plan.folder.name)
        if path.is_file() and path.read_text(encoding="utf-8") not in (
            *_written_by(plan.folder),
            text,
        ):
            notes.append(
                f"{path} is no file of this study, and is kept; the best settings are in "
                f"{plan.folder / BEST}"
            )
            path = plan.folder / BEST
        else:
            write_text(path, text)
    write_study_record(plan.folder, replace(study, written=text))
    return path


def _written_by(study: Path) -> list[str]:
    """The experiments that a study has written, and those of its name that were set aside."""
    asides = [f for f in folders_aside(study.parent) if f.name.startswith(f".{study.name}.")]
    records = [folder / RESULT for folder in (study, *asides)]
    return [read_json(record).get("written", "") for record in records if record.is_file()]


def experiment_path(project: Project, study: str) -> Path:
    """Where the best settings are written as an experiment."""
    stem = study.partition(".tuning")[0].removesuffix("-tune")
    return project.root / "experiments" / f"{stem}-tuned.toml"
