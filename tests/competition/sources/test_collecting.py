import zipfile
from pathlib import Path

import pytest

from foldwise.competition.sources.archives import opened_data
from foldwise.competition.sources.collecting import collect, variant
from foldwise.competition.sources.staging import Stage
from foldwise.errors import DataError


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path / "files", tmp_path / "scratch")
    stage.files.mkdir()
    stage.scratch.mkdir()
    return stage


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A folder with one plain and one packed file."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "test.tsv").write_text("plain")
    with zipfile.ZipFile(folder / "train.tsv.zip", "w") as archive:
        archive.writestr("train.tsv", "packed")
    return folder


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"some/folder/{file.name}")
    return path


def text(path: Path) -> str:
    with opened_data(path) as data:
        return data.read().decode()


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("train", ["train.tsv", "train.tsv.zip"])
@pytest.mark.parametrize("test", ["test.tsv", "test.tsv.zip"])
def test_files_are_packed_or_unpacked_to_the_names_asked_for(
    tmp_path: Path, origin: Path, stage: Stage, train: str, test: str, whole: bool
) -> None:
    # from a folder, and from one archive of all files, as Kaggle gives it
    collect([train, test], zipped(origin, tmp_path / "all.zip") if whole else origin, stage)
    assert {path.name for path in stage.files.iterdir()} == {train, test}
    assert text(stage.files / train) == "packed"
    assert text(stage.files / test) == "plain"


def test_a_file_of_the_very_name_comes_first(origin: Path, stage: Stage) -> None:
    (origin / "train.tsv").write_text("plain")
    collect(["train.tsv"], origin, stage)
    assert text(stage.files / "train.tsv") == "plain"


def test_all_missing_files_are_named_at_once(origin: Path, stage: Stage) -> None:
    with pytest.raises(DataError) as caught:
        collect(["train.csv", "test.tsv", "sample.csv"], origin, stage)
    assert caught.value.complaints == tuple(
        f"{origin} must hold {name} or {name}.zip: it holds test.tsv, train.tsv.zip; add the file"
        for name in ("train.csv", "sample.csv")
    )


def test_an_origin_that_is_not_there_is_refused(tmp_path: Path, stage: Stage) -> None:
    with pytest.raises(DataError, match="nowhere must be a folder or a ZIP archive: no such path"):
        collect(["train.csv"], tmp_path / "nowhere", stage)


def test_a_read_only_file_gives_a_copy_that_can_be_written(origin: Path, stage: Stage) -> None:
    (origin / "test.tsv").chmod(0o444)
    collect(["test.tsv"], origin, stage)
    assert (stage.files / "test.tsv").stat().st_mode & 0o200


def test_a_path_in_an_archive_cannot_choose_where_a_file_lands(
    tmp_path: Path, stage: Stage
) -> None:
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../train.csv", "text")
        archive.writestr("/tmp/foldwise-evil.csv", "text")  # noqa: S108  # only a member's name
    collect(["train.csv"], path, stage)
    assert [file.name for file in stage.files.iterdir()] == ["train.csv"]
    assert not (tmp_path.parent / "train.csv").exists()


def test_the_variant_of_a_variant_is_the_name() -> None:
    assert variant("train.tsv") == "train.tsv.zip"
    assert variant("train.tsv.zip") == "train.tsv"
