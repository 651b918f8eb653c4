import zipfile
from pathlib import Path

import pytest

from foldwise.competition.sources.archives import members_by_name, opened_data, pack, unpack
from foldwise.errors import DataError


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_packing_and_unpacking_gives_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    path.write_bytes(b"a\tb\r\n" * 1000)
    pack(path, tmp_path / "train.tsv.zip")
    unpack(tmp_path / "train.tsv.zip", tmp_path / "again.tsv")
    assert (tmp_path / "again.tsv").read_bytes() == path.read_bytes()


def test_equal_files_make_equal_archives(tmp_path: Path) -> None:
    path = tmp_path / "train.tsv"
    for name in ("one.zip", "two.zip"):
        path.write_bytes(b"a\tb\n")
        pack(path, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_member_of_the_archives_name_is_read(tmp_path: Path) -> None:
    members = {"other": "x", "__MACOSX/._train.tsv": "y", "data/train.tsv": "z"}
    archive = zipped(tmp_path / "train.tsv.zip", members)
    with opened_data(archive) as member:
        assert member.read() == b"z"


def test_an_archive_without_that_member_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "train.tsv.zip", {"test.tsv": "x"})
    with (
        pytest.raises(DataError, match=r"train.tsv.zip must hold .* train.tsv: it holds test.tsv"),
        opened_data(archive),
    ):
        pass


def test_of_equal_names_the_least_deep_counts(tmp_path: Path) -> None:
    path = zipped(tmp_path / "all.zip", {"a/b/x": "deep", "x": "top"})
    with zipfile.ZipFile(path) as archive:
        assert members_by_name(archive)["x"].filename == "x"


@pytest.mark.parametrize("keep", [0, 10, 60, -30])
def test_a_truncated_archive_is_refused(tmp_path: Path, keep: int) -> None:
    archive = zipped(tmp_path / "train.tsv.zip", {"train.tsv": "text " * 100})
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"train.tsv.zip must be a whole ZIP archive"):
        unpack(archive, tmp_path / "train.tsv")


def test_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "train.tsv.zip", {"train.tsv": "text " * 100})
    archive.write_bytes(archive.read_bytes().replace(b"text text", b"text tExt", 1))
    with pytest.raises(DataError, match="Bad CRC-32"):
        unpack(archive, tmp_path / "train.tsv")
