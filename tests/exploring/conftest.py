"""A project with tiny competitions and finished runs of each kind."""

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.paths import Project
from tests.tiny_competitions import make_project
from tests.tiny_encoders import make_tiny_encoder
from tests.tiny_tfidf import train_tfidf
from tests.training.tiny_runs import train_tiny


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Runs `looks` (attention), `labels` (TF-IDF of classes), `pairs`, `words`, and a blend."""
    project = make_project(tmp_path_factory.mktemp("project"))
    make_tiny_encoder(project.root / "encoder", "bert")
    short = {"epochs": 1.0, "folds": 2}
    train_tiny(project, "looks", pooling={"kind": "attention", "hidden": 8}, training=short)
    train_tfidf(project, "words", training={"folds": 2})
    train_tfidf(project, "labels", "tiny-classification")
    train_tfidf(project, "pairs", "tiny-pairs")
    blend(project, ["looks", "words"], "blend")
    return project
