import zipfile
from pathlib import Path

import pytest

from foldwise.competition.zips import opened_zip
from foldwise.errors import DataError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.csv", "id\n1\n")
    return path


def test_an_encrypted_archive_is_refused(archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # of a member, of the directory
        data[data.index(mark) + flags] |= 1
    archive.write_bytes(data)
    refused = pytest.raises(DataError, match="without a password: members are encrypted")
    with refused, opened_zip(archive):
        pass


def test_an_error_of_the_caller_is_not_the_archives(archive: Path) -> None:
    # a DataError is no RuntimeError
    with pytest.raises(RuntimeError, match="of the caller"), opened_zip(archive):
        raise RuntimeError("a mistake of the caller")
