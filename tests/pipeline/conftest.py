"""A project with two finished TF-IDF runs and their mean."""

import shutil
from pathlib import Path

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.paths import Project
from tests.tiny_competitions import tiny_pairs, tiny_regression
from tests.tiny_tfidf import train_tfidf


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Runs `words`, `letters` and their mean `both`; a competition of pairs without runs."""
    project = tiny_regression(tmp_path_factory.mktemp("project"))
    tiny_pairs(project.root)
    train_tfidf(project, "words", tfidf={"characters": [1, 2]})
    train_tfidf(project, "letters", tfidf={"words": [1, 1]})
    blend(project, ["words", "letters"], "both")
    return project


@pytest.fixture
def project(made_once: Project, tmp_path: Path) -> Project:
    """A copy, which a test may change."""
    root = tmp_path / "project"
    shutil.copytree(made_once.root, root)
    return Project(root)
