"""A finished ensemble of a tiny encoder and TF-IDF, and its inference kernel."""

import shutil
from pathlib import Path

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.kaggle.building.kernel import BuiltKernel, KernelRequest, build_inference
from foldwise.paths import Project
from tests.tiny_tfidf import train_tfidf
from tests.training.tiny_runs import tiny_project, train_tiny


def silent(_message: str) -> None:
    """Says nothing."""


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Runs `enc` and `words`, their blend `both`, and `top`, a blend of `both` and `words`."""
    project = tiny_project(tmp_path_factory.mktemp("project"))
    train_tiny(project, "enc", training={"epochs": 0.5})
    train_tfidf(project, "words")
    train_tfidf(project, "labels", "tiny-classification")
    blend(project, ["enc", "words"], "both", weights=[1, 3])
    blend(project, ["both", "words"], "top", weights=[2, 1])
    return project


@pytest.fixture(scope="session")
def built_once(made_once: Project) -> BuiltKernel:
    """The inference kernel of `top`."""
    return build_inference(made_once, KernelRequest("top", owner="some-user"), silent)


@pytest.fixture(scope="session")
def words_built_once(made_once: Project) -> BuiltKernel:
    """The inference kernel of `words`, which is quick."""
    return build_inference(made_once, KernelRequest("words", owner="some-user"), silent)


@pytest.fixture
def project(made_once: Project, tmp_path: Path) -> Project:
    """A copy, which a test may change."""
    root = tmp_path / "project"
    shutil.copytree(made_once.root, root)
    return Project(root)


@pytest.fixture
def words_built(words_built_once: BuiltKernel, tmp_path: Path) -> Path:
    """A copy of the folder of the kernel of `words`, which a test may change."""
    return Path(shutil.copytree(words_built_once.folder, tmp_path / "words-infer"))
