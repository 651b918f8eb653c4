"""Inputs are found wherever Kaggle mounts them."""

import shutil
from pathlib import Path

import pytest

from foldwise.errors import DataError
from foldwise.kaggle.session.inference import stage_inference
from foldwise.kaggle.session.session import Session, begin
from foldwise.paths import Project
from tests.kaggle.kaggle_root import mount


@pytest.fixture
def session(words_built: Path, tmp_path: Path) -> Session:
    root = tmp_path / "kaggle"
    (root / "working").mkdir(parents=True)
    package = mount(root, "datasets/me/package", words_built / "dataset")
    return begin(package, root=root, seconds=60, rerun=False)


@pytest.mark.parametrize(
    "there", ["competitions/tiny-regression", "tiny-regression", "datasets/me/x/deep/er"]
)
def test_the_competitions_files_are_found(session: Session, project: Project, there: str) -> None:
    mount(session.root, there, project.competition("tiny-regression"))
    competition = stage_inference(session)
    assert competition.path("test").read_text().startswith("id,text\n")
    assert competition.path("test").resolve().parent == project.competition("tiny-regression")


def test_of_several_the_folder_called_like_the_competition_is_taken(
    session: Session, project: Project
) -> None:
    mount(session.root, "datasets/me/other", project.competition("tiny-classification"))
    mount(session.root, "competitions/tiny-regression", project.competition("tiny-regression"))
    competition = stage_inference(session)
    assert competition.path("test").resolve().parent.name == "tiny-regression"


def test_what_is_missing_or_there_twice_is_told_with_what_to_do(
    session: Session, project: Project
) -> None:
    with pytest.raises(DataError, match=r"holds test.csv and sample_submission.csv; attach"):
        stage_inference(session)
    for there in ("a", "b"):
        shutil.copytree(project.competition("tiny-regression"), session.input / there)
    with (session.input / "b" / "test.csv").open("a") as file:
        file.write("another,row\n")
    with pytest.raises(DataError, match=r"but 2 do: .*; detach all but"):
        stage_inference(session)


def test_mounts_of_the_same_bytes_are_one(session: Session, project: Project) -> None:
    data = project.competition("tiny-regression")
    mount(session.root, "competitions/tiny-regression", data)
    mount(session.root, "linked/tiny-regression", data)
    shutil.copytree(data, session.input / "tiny-regression")  # as a bind mount: no link tells
    competition = stage_inference(session)
    assert competition.path("test").read_bytes() == (data / "test.csv").read_bytes()
