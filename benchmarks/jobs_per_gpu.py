"""Folds of a small model at once on one GPU, against one after the other.

`python benchmarks/jobs_per_gpu.py [EXPERIMENT] [key=value ...]`, in a project on a machine with a
GPU. Each way is a run begun anew, after one that is not timed; OOF files that differ are an error.
Writes benchmarks/jobs-per-gpu.md. What "auto" found out is in the journal of its run.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from foldwise.errors import UsageError
from foldwise.journal import Journal
from foldwise.paths import Project, find_project
from foldwise.settings import Settings, load_experiment
from foldwise.storage import sha256_of_file, write_text
from foldwise.training.hardware import gpu_fault
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest

WAYS: tuple[Any, ...] = (1, 2, 5, "auto")
HEAD = """# Folds at once on one GPU

`python benchmarks/jobs_per_gpu.py {words}` on one {gpu}; each run is begun anew.

| `hardware.jobs_per_gpu` | seconds | times as fast | SHA-256 of `oof.csv` | found out |
|---|---|---|---|---|
"""


def main(words: list[str]) -> None:
    """Train each way, and write the table."""
    if fault := gpu_fault():
        raise UsageError(f"this is measured on a GPU, and here is none: {fault}")
    project = find_project()
    experiment = project.experiment(words[0] if words else "movie-valence-minilm")
    chosen = load_experiment(experiment, words[1:])
    rows, first = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        copy = _copied(project, chosen.competition, Path(folder))
        _timed(copy, "warm-up", chosen, 1)  # the others read the tokens that it caches
        hashes = set()
        for way in WAYS:
            seconds, run = _timed(copy, f"jobs-{way}", chosen, way)
            first = first or seconds
            oof = sha256_of_file(run / "oof.csv")[:16]
            hashes.add(oof)
            rows.append(
                f"| {way} | {seconds:.0f} | {first / seconds:.2f} | `{oof}` | {_found(run)} |"
            )
            print(rows[-1], flush=True)
    if len(hashes) > 1:
        raise ValueError(f"every way must give the same OOF file, got {sorted(hashes)}")
    head = HEAD.format(words=" ".join(words), gpu=torch.cuda.get_device_name(0))
    write_text(Path(__file__).with_name("jobs-per-gpu.md"), head + "\n".join(rows) + "\n")


def _copied(project: Project, competition: str, root: Path) -> Project:
    shutil.copytree(project.competition(competition), root / "input" / competition)
    (root / "folds").mkdir()
    shutil.copy(project.folds(competition), root / "folds")
    return Project(root)


def _timed(project: Project, name: str, chosen: Settings, way: Any) -> tuple[float, Path]:
    """Seconds of a run, and its folder."""
    hardware = chosen.hardware.model_copy(update={"device": "cuda", "jobs_per_gpu": way})
    settings = chosen.model_copy(update={"hardware": hardware})
    began = time.monotonic()
    state = train_run(project, RunRequest(name, settings), StopRequest())
    return time.monotonic() - began, state.folder


def _found(run: Path) -> str:
    trials = Journal(run / "journal.jsonl").events("jobs per gpu")
    return ", ".join(f"{trial['jobs']}: {trial['pace']:.1f} steps/s" for trial in trials)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except UsageError as error:
        sys.exit(str(error))
