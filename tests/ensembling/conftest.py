"""A project with finished runs, trained once and copied for each test."""

import shutil
from pathlib import Path

import pytest

from foldwise.paths import Project
from tests.tiny_competitions import tiny_classification, tiny_regression
from tests.tiny_tfidf import train_tfidf


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    project = tiny_regression(root)
    tiny_classification(root)
    for name, penalty in (("a", 0.1), ("b", 1.0), ("c", 10.0)):
        train_tfidf(project, name, tfidf={"penalty": penalty})
        train_tfidf(project, f"classes-{name}", "tiny-classification", tfidf={"penalty": penalty})
    return root


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Project:
    """Runs `a`, `b`, `c` of a regression, and `classes-a` ... of a classification."""
    shutil.copytree(trained, tmp_path / "project")
    return Project(tmp_path / "project")
