"""Files of a competition as text: packed or not, in UTF-8 or refused."""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast
from zipfile import ZipFile

from foldwise.competition.competition import Competition
from foldwise.competition.zips import opened_zip
from foldwise.errors import Complaints, DataError, listed

FileName = Literal["train", "test", "sample_submission", "solution"]

CHUNK_BYTES = 1 << 20
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def require_files(competition: Competition, *files: FileName) -> None:
    """Check that `files` of the competition are there.

    Raises:
        DataError: names all that are not, and the command that fetches them.
    """
    complaints = Complaints()
    for file in files:
        try:
            located(competition.path(file))
        except DataError:
            complaints.add(
                f"{competition.path(file)} does not exist; run: foldwise data {competition.name}"
            )
    complaints.raise_if_any(DataError)


@contextmanager
def opened_text(path: Path, newline: str = "") -> Iterator[TextIO]:
    """The file at `path`, to be read as text without byte-order mark, in bounded memory.

    Args:
        path: a file, or an archive of one.
        newline: "" and every kind of line end ends a line; "\n" and only that one does. Line ends
            are kept as they are.

    Raises:
        DataError: the file is missing, or no readable archive.
        UnicodeDecodeError: while reading, where it is not UTF-8; see `checked_bytes`.
    """
    with (
        _opened_bytes(located(path)) as data,
        io.TextIOWrapper(data, encoding="utf-8-sig", newline=newline) as text,
    ):
        yield text


def checked_bytes(path: Path) -> int:
    """How many bytes the file at `path` has; all of them are UTF-8.

    Raises:
        DataError: the file is missing, no readable archive, or not UTF-8 (names the lines).
    """
    path, size = located(path), 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _opened_bytes(path) as data:
        try:
            while chunk := data.read(CHUNK_BYTES):
                decoder.decode(chunk)
                size += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise _not_utf8(path) from None
    return size


@contextmanager
def _opened_bytes(path: Path) -> Iterator[BinaryIO]:
    if path.suffix != ".zip":
        with path.open("rb") as file:
            yield file
        return
    with opened_zip(path) as archive, archive.open(_member(path, archive)) as member:
        yield cast("BinaryIO", member)


def located(path: Path) -> Path:
    """The file at `path`, or the same file packed (`.zip` added) or unpacked (`.zip` dropped).

    Raises:
        DataError: neither exists.
    """
    other = path.with_suffix("") if path.suffix == ".zip" else path.with_name(f"{path.name}.zip")
    for candidate in (path, other):
        if candidate.is_file():
            return candidate
    raise DataError(f"no such file: {path} (nor {other.name} beside it); check the name")


def _member(path: Path, archive: ZipFile) -> str:
    """The name of the archive's one file, or of the one named like the archive."""
    names = [name for name in archive.namelist() if not name.endswith("/")]
    names = [name for name in names if not name.startswith("__MACOSX/")]
    named_alike = [name for name in names if Path(name).name == path.stem]
    chosen = names if len(names) == 1 else named_alike
    if len(chosen) != 1:
        raise DataError(
            f"{path}: an archive holds one file, or one named {path.stem}, got "
            f"{listed(names) or 'none'}; unpack it and name the file in competition.toml"
        )
    return chosen[0]


def _not_utf8(path: Path) -> DataError:
    wrong: list[int] = []
    first = b""
    with _opened_bytes(path) as data:
        for number, line in enumerate(data, start=1):
            first = first or line
            try:
                line.decode()
            except UnicodeDecodeError:
                wrong.append(number)
    encoding = "UTF-16" if first.startswith(UTF16_MARKS) else "WINDOWS-1252"
    name = path.name.removesuffix(".zip")
    return DataError(
        f"{path}: text must be UTF-8, but line {listed(wrong)} is not; if it is {encoding}, "
        f"re-encode it: iconv -f {encoding} -t UTF-8 {name} > utf8-{name}"
    )
