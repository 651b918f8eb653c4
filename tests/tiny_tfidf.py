"""Tiny TF-IDF runs: whole runs in a few tenths of a second, without an encoder."""

from typing import Any

from foldwise.paths import Project
from foldwise.settings import Settings, checked_settings
from foldwise.training.run import RunRequest, RunState, train_run
from foldwise.training.stopping import StopRequest


def tfidf_settings(competition: str = "tiny-regression", **changed: Any) -> Settings:
    """Settings of a TF-IDF run; sections are given as dictionaries."""
    table = {"competition": competition, "kind": "tfidf", **changed}
    return checked_settings(table, "the test")


def train_tfidf(
    project: Project, name: str = "tfidf", competition: str = "tiny-regression", **changed: Any
) -> RunState:
    """The state of the run `name` after training what is still to be trained."""
    request = RunRequest(name=name, settings=tfidf_settings(competition, **changed))
    return train_run(project, request, StopRequest())
