import errno
import json
import os
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.errors import StorageError
from foldwise.storage import (
    disk_full_explained,
    read_json,
    read_record,
    set_aside,
    sha256_of_file,
    sha256_of_stream,
    sha256_of_strings,
    write_atomically,
    write_bytes,
    write_json,
    write_lines,
    write_text,
)
from tests.full_disk import run_on_full_disk


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_with_the_folders_above_it(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "c.txt", "grüße\r\n")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == "grüße\r\n".encode()
    assert names_in(tmp_path / "a" / "b") == ["c.txt"]


def test_an_error_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_text(path, "old")

    def fail(aside: Path) -> None:
        aside.write_text("half")
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["table.csv"]


def test_the_bytes_are_on_the_disk_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        events.append(f"sync {kind}")
        fsync(descriptor)

    def noted_replace(path: Path, target: Path) -> Path:
        events.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    write_text(tmp_path / "a.txt", "x")
    assert events == ["sync file", "rename", "sync folder"]


def test_a_real_full_disk_keeps_the_old_file_and_names_the_bytes(tmp_path: Path) -> None:
    outcome = run_on_full_disk(
        tmp_path,
        """
        import json, os
        from pathlib import Path
        from foldwise.errors import StorageError
        from foldwise.storage import write_bytes

        path = Path("table.csv").absolute()
        write_bytes(path, b"old")
        try:
            write_bytes(path, bytes(5_000_000))
        except StorageError as error:
            print(json.dumps([str(error), path.read_text(), os.listdir(), error.exit_code]))
        """,
    )
    message, content, names, code = outcome
    found = re.fullmatch(
        r"the disk is full: writing \S+/table\.csv needs at least 5,000,000 bytes, with ([\d,]+) "
        r"bytes free; what was there before is intact. Free some space, then run the same command "
        r"again",
        message,
    )
    assert found is not None, message
    # a disk of 2**20 bytes, of which the old file takes one page, of 4 to 64 KiB
    assert 2**20 - 2**16 <= int(found[1].replace(",", "")) < 2**20
    assert (content, names, code) == ("old", ["table.csv"], 5)


def test_a_full_disk_seen_by_safetensors_is_the_same_error(tmp_path: Path) -> None:
    outcome = run_on_full_disk(
        tmp_path,
        """
        import json, os
        from pathlib import Path
        import numpy as np
        from safetensors.numpy import save_file
        from foldwise.errors import StorageError
        from foldwise.storage import write_atomically

        array = {"a": np.zeros(500_000)}
        try:
            write_atomically(Path("weights").absolute(), lambda aside: save_file(array, aside))
        except StorageError as error:
            print(json.dumps([str(error), os.listdir()]))
        """,
    )
    message, names = outcome
    assert "the disk is full: writing" in message
    assert names == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_write_that_fails_for_want_of_space_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write_text(tmp_path / "a.txt", "old")

    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match=r"a\.txt needs at least 11 bytes, with [\d,]+ bytes fr"):
        write_text(tmp_path / "a.txt", "hello world")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_what_lies_in_a_half_filled_folder_counts_as_needed_and_as_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 0

    aside = tmp_path / "ckpt.tmp"
    aside.mkdir()
    (aside / "a").write_bytes(bytes(8192))
    (aside / "b").write_bytes(bytes(4096))
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage)
    with (
        pytest.raises(StorageError, match="needs at least 12,288 bytes, with 12,288 bytes free"),
        disk_full_explained(aside),
    ):
        raise OSError(errno.ENOSPC, "full")


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk_full_explained(tmp_path / "a"):
        raise PermissionError(errno.EACCES, "no")
    with pytest.raises(ValueError, match="mine"), disk_full_explained(tmp_path / "a"):
        raise ValueError("mine")


def test_an_error_about_the_temporary_file_names_the_one_that_is_wanted(tmp_path: Path) -> None:
    def refuse(aside: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(aside))

    with pytest.raises(OSError, match="Read-only") as caught:
        write_atomically(tmp_path / "a.csv", refuse)
    assert caught.value.filename == str(tmp_path / "a.csv")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(value=JSON)
def test_json_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert read_json(path) == value


def test_nan_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"score": float("nan")})
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("data", [b"", b'{"a": 1', b"\xff\xfe", b"\x80\x04pickle"])
def test_damaged_json_is_a_storage_error_that_names_the_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(StorageError, match=r"a\.json is damaged \("):
        read_json(path)


def take(a: int, b: int = 2) -> tuple[int, int]:
    return a, b


@pytest.mark.parametrize("value", [{"a": 1, "c": 3}, {}, [1], 7, None])
def test_a_record_with_other_fields_is_damaged(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    with pytest.raises(StorageError, match=r"a\.json is damaged \("):
        read_record(path, take)


def test_a_record_is_made_from_its_fields(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 5})
    assert read_record(tmp_path / "a.json", take) == (5, 2)


def test_what_is_set_aside_lies_beside_and_a_kill_leaves_what_says_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    assert set_aside(folder, last="identity.json") is None
    for name in (".lock", "a.csv", "identity.json", "z.csv"):
        (folder / name).write_text(name)
    moved, rename = list[str](), Path.rename

    def noted(path: Path, target: Path) -> Path:
        moved.append(path.name)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", noted)
    aside = set_aside(folder, last="identity.json")
    assert aside is not None
    assert (aside.parent, aside.name[:6]) == (tmp_path, ".run.2")
    assert moved == ["a.csv", "z.csv", "identity.json"]
    assert {path.name: path.read_text() for path in aside.iterdir()} == {n: n for n in moved}
    assert [path.name for path in folder.iterdir()] == [".lock"]  # it is held


def test_hashes_are_those_of_sha256(tmp_path: Path) -> None:
    write_bytes(tmp_path / "a", b"abc")
    # the example of FIPS 180-2
    assert sha256_of_file(tmp_path / "a") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@given(first=st.lists(st.text()), second=st.lists(st.text()))
def test_lists_of_strings_share_a_hash_only_if_they_are_equal(
    first: list[str], second: list[str]
) -> None:
    same = sha256_of_strings(*first) == sha256_of_strings(*second)
    assert same == (first == second)


def test_moving_a_letter_between_neighbours_changes_the_hash() -> None:
    assert sha256_of_strings("ab", "c") != sha256_of_strings("a", "bc")
    assert sha256_of_strings("", "a") != sha256_of_strings("a", "")


def test_a_stream_of_strings_has_the_hash_of_their_list() -> None:
    parts = ["a", "", "\ud800", "ü"]
    assert sha256_of_stream(iter(parts)) == sha256_of_strings(*parts)


def test_lines_are_written_with_the_ends_they_have_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_lines(path, iter(["é\r\n", "b\n", "c"]))
    assert path.read_bytes() == "é\r\nb\nc".encode()
    with pytest.raises(ZeroDivisionError):
        write_lines(path, (str(1 // i) for i in (1, 0)))
    assert path.read_bytes() == "é\r\nb\nc".encode()
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]
