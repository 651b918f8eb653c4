"""Projects with experiments and finished runs, and the command line in this process."""

import shutil
from pathlib import Path

import pytest

from foldwise.cli.main import main
from foldwise.ensembling.ensemble import blend
from foldwise.paths import Project
from foldwise.settings import dump_toml
from tests.cli.calling import Foldwise, Outcome
from tests.tiny_competitions import make_project
from tests.tiny_tfidf import tfidf_settings, train_tfidf


@pytest.fixture
def foldwise(capsys: pytest.CaptureFixture[str]) -> Foldwise:
    """Runs a command in this process."""

    def run(*words: object) -> Outcome:
        capsys.readouterr()  # what came before is not this command's
        code = main([str(word) for word in words])
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The four tiny competitions with folds; runs `words` and `letters`, their mean `both`."""
    project = make_project(tmp_path_factory.mktemp("project"))
    (project.root / "experiments").mkdir()
    experiments = {
        "words": tfidf_settings(tfidf={"characters": [1, 2]}),
        "letters": tfidf_settings(tfidf={"words": [1, 1]}),
        "labels": tfidf_settings("tiny-classification"),
        "pairs": tfidf_settings("tiny-pairs"),
    }
    for name, chosen in experiments.items():
        (project.root / "experiments" / f"{name}.toml").write_text(dump_toml(chosen))
    train_tfidf(project, "words", tfidf={"characters": [1, 2]})
    train_tfidf(project, "letters", tfidf={"words": [1, 1]})
    blend(project, ["words", "letters"], "both")
    return project


@pytest.fixture
def project(made_once: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the project of `made_once`, which is the working folder."""
    root = tmp_path / "project"
    shutil.copytree(made_once.root, root)
    monkeypatch.chdir(root)
    return Project(root)
