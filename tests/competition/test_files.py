"""Files are found packed or unpacked, and are UTF-8 or refused."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from foldwise.competition.competition import Competition, FileFormat
from foldwise.competition.files import checked_bytes, opened_text, require_files
from foldwise.competition.reading import read_table
from foldwise.errors import DataError

MakeCompetition = Callable[..., Competition]
CSV = FileFormat()


@pytest.mark.parametrize("member", ["train.csv", "anything.txt", "folder/train.csv"])
def test_the_one_file_of_an_archive_is_read_in_place(tmp_path: Path, member: str) -> None:
    with ZipFile(tmp_path / "train.csv.zip", "w") as archive:
        archive.writestr(member, "id,text\n1,a\n")
        archive.writestr("__MACOSX/._train.csv", "junk")
    table = read_table(tmp_path / "train.csv.zip", CSV, ["text"])
    assert table.columns == {"text": ["a"]}
    # A server may have packed or unpacked the file: both names find it.
    assert read_table(tmp_path / "train.csv", CSV, ["text"]).columns == {"text": ["a"]}


def test_an_archive_of_several_files_holds_one_of_its_name(tmp_path: Path) -> None:
    path = tmp_path / "train.csv.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("other.csv", "id,text\n1,b\n")
        archive.writestr("train.csv", "id,text\n1,a\n")
    assert read_table(path, CSV, ["text"]).columns == {"text": ["a"]}
    path.rename(tmp_path / "all.zip")
    with pytest.raises(DataError, match=r"one named all, got other.csv, train.csv; unpack it"):
        read_table(tmp_path / "all.zip", CSV, ["text"])


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(
        DataError, match=r"a\.zip must be a whole ZIP archive .*; download it again"
    ):
        read_table(tmp_path / "a.zip", CSV, ["text"])


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
def test_an_archive_whose_contents_are_damaged_is_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "train.csv.zip"
    with ZipFile(path, "w", compression=method) as archive:
        archive.writestr("train.csv", "id,text\n1,good\n" * 50)
    packed = bytearray(path.read_bytes())
    packed[40:50] = b"\xff" * 10  # behind the name: a stream that no longer unpacks
    path.write_bytes(packed)
    with pytest.raises(DataError, match=r"train\.csv\.zip must be a whole ZIP archive"):
        read_table(path, CSV, ["text"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_table(tmp_path / "absent.csv", CSV, ["id"])
    assert str(caught.value) == (
        f"no such file: {tmp_path}/absent.csv (nor absent.csv.zip beside it); check the name"
    )


def test_other_encodings_are_refused_with_the_lines_and_the_remedy(tmp_path: Path) -> None:
    content = "id,text\n1,plain\n2,café\n3,naïve\n".encode("latin-1")
    (tmp_path / "train.csv").write_bytes(content)
    with pytest.raises(DataError) as caught:
        checked_bytes(tmp_path / "train.csv")
    assert [text.replace(f"{tmp_path}/", "") for text in caught.value.complaints] == [
        "train.csv: text must be UTF-8, but line 3, 4 is not; if it is WINDOWS-1252, re-encode "
        "it: iconv -f WINDOWS-1252 -t UTF-8 train.csv > utf8-train.csv"
    ]


def test_utf16_is_recognized_by_its_mark(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes("id,text\n1,é\n".encode("utf-16"))
    with pytest.raises(DataError, match="iconv -f UTF-16 -t UTF-8 train"):
        checked_bytes(tmp_path / "train.csv")


def test_all_missing_files_are_named(make_competition: MakeCompetition) -> None:
    competition = make_competition()
    competition.path("train").unlink()
    competition.path("test").unlink()
    with pytest.raises(DataError) as caught:
        require_files(competition, "train", "test", "sample_submission")
    assert caught.value.complaints == (
        f"{competition.path('train')} does not exist; run: foldwise data tiny",
        f"{competition.path('test')} does not exist; run: foldwise data tiny",
    )


def test_text_keeps_its_line_ends_and_loses_its_mark(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n\xef\xbb\xbf")
    with opened_text(tmp_path / "a.csv") as file:
        assert list(file) == ["a\r\n", "b\r", "c\n", "\ufeff"]
    with opened_text(tmp_path / "a.csv", newline="\n") as file:
        assert list(file) == ["a\r\n", "b\rc\n", "\ufeff"]


@pytest.mark.parametrize("content", [b"abc\xc3\xa9", b"abc\xc3"])
def test_a_character_may_stand_on_the_border_of_chunks(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foldwise.competition.files.CHUNK_BYTES", 4)
    (tmp_path / "a.csv").write_bytes(content)
    if content.endswith(b"\xa9"):
        assert checked_bytes(tmp_path / "a.csv") == 5
        return
    with pytest.raises(DataError, match="text must be UTF-8, but line 1 is not"):
        checked_bytes(tmp_path / "a.csv")
