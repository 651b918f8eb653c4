from pathlib import Path

import pytest

from foldwise.errors import StorageError
from foldwise.kaggle.package import (
    FILE,
    Headline,
    Package,
    faults_in,
    hashes_in,
    read_package,
    write_package,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.txt", "runs/one/model.bin"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 100)
    return tmp_path


def package(folder: Path) -> Package:
    return Package(
        name="n",
        purpose="infer",
        run="one",
        competition="c",
        slug="",
        files=hashes_in(folder),
        versions={"python": "3"},
        headline=Headline("rmse", 1.0, None, 0.9, 1.1, 10),
    )


def test_a_package_is_read_as_it_was_written(folder: Path) -> None:
    written = package(folder)
    write_package(folder, written)
    assert read_package(folder) == written
    assert hashes_in(folder) == written.files  # the manifest is not among its own files


def test_whole_files_have_no_fault(folder: Path) -> None:
    assert faults_in(folder, package(folder)) == []


def test_one_flipped_bit_and_a_missing_file_are_named(folder: Path) -> None:
    made = package(folder)
    path = folder / "runs" / "one" / "model.bin"
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)
    (folder / "a.txt").unlink()
    missing, damaged = faults_in(folder, made)
    assert missing == f"{folder / 'a.txt'} is missing"
    assert damaged.startswith(f"{path} is damaged: SHA-256 ")


def test_a_damaged_manifest_is_told(folder: Path) -> None:
    (folder / FILE).write_text("{}")
    with pytest.raises(StorageError, match="is damaged"):
        read_package(folder)
