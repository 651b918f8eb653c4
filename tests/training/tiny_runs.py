"""Tiny encoder runs: a competition, an encoder with random weights, a few dozen steps."""

from pathlib import Path
from typing import Any

from foldwise.paths import Project
from foldwise.settings import Settings, checked_settings
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.stopping import StopRequest
from tests.tiny_competitions import tiny_classification, tiny_regression
from tests.tiny_encoders import Family, make_tiny_encoder


def tiny_project(root: Path, family: Family = "bert") -> Project:
    """A project with a regression, a classification, and the encoder `encoder`."""
    tiny_regression(root)
    tiny_classification(root)
    make_tiny_encoder(root / "encoder", family)
    return Project(root)


def tiny_settings(project: Project, **changed: Any) -> Settings:
    """Settings of a run of about twenty steps a fold; sections are given as dictionaries."""
    table: dict[str, Any] = {
        "competition": "tiny-regression",
        "encoder": {"name": str(project.root / "encoder"), "max_length": 16, "dropout": 0.1},
        "rates": {"head": 1e-2, "top": 1e-3},
        "training": {"epochs": 3.0, "batch_size": 4},
        "hardware": {"device": "cpu", "precision": "fp32", "threads": 1},
    }
    for key, value in changed.items():
        both = isinstance(value, dict) and isinstance(table.get(key), dict)
        table[key] = {**table[key], **value} if both else value
    if "stages" in changed:  # which have epochs of their own
        del table["training"]["epochs"]
    return checked_settings(table, "the test")


def train_tiny(project: Project, name: str, **changed: Any) -> RunState:
    """The state of the run `name` after training all its folds, in this process."""
    request = RunRequest(name=name, settings=tiny_settings(project, **changed), workers=1)
    return train_run(project, request, StopRequest())


def results_of(run: Path) -> dict[str, bytes]:
    """Everything a run's training decides: predictions and weights, by file name."""
    names = ["oof.csv", "test.csv"]
    names += [
        f"{fold.name}/{file}"
        for fold in sorted(run.glob("fold-*"))
        for file in ("valid.csv", "in-sample.csv", "test.csv", "model.safetensors")
        if (fold / file).is_file()
    ]
    return {name: (run / name).read_bytes() for name in names}
