"""Real small runs: a regression with attention in two stages, a classification, words, a blend."""

from pathlib import Path

import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.paths import Project
from tests.tiny_tfidf import train_tfidf
from tests.training.tiny_runs import tiny_project, train_tiny

STAGES = [{"epochs": 1.0, "train": "head"}, {"epochs": 2.0}]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with the runs `attention`, `words`, `blend` and `labels`."""
    made = tiny_project(tmp_path_factory.mktemp("project"))
    looks = {"evaluations_per_epoch": 2}
    train_tiny(made, "attention", pooling={"kind": "attention"}, stages=STAGES, training=looks)
    train_tiny(made, "labels", competition="tiny-classification", training={"epochs": 1.0})
    train_tfidf(made, "words")
    blend(made, ["attention", "words"], "blend", method="nnls")
    return made


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for pages of the whole session."""
    return tmp_path_factory.mktemp("pages")
