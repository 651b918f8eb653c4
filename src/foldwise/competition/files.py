"""Files of a competition as text: packed or not, in UTF-8 or refused."""

from pathlib import Path
from typing import Literal

from foldwise.competition.competition import Competition
from foldwise.competition.zips import opened_zip
from foldwise.errors import Complaints, DataError, listed

FileName = Literal["train", "test", "sample_submission", "solution"]

BOM = b"\xef\xbb\xbf"
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


def read_text(path: Path) -> str:
    """The decoded file at `path`, with the line ends it has and without byte-order mark.

    Raises:
        DataError: the file is missing, no readable archive, or not UTF-8 (names the lines).
    """
    path = located(path)
    data = (_unzipped(path) if path.suffix == ".zip" else path.read_bytes()).removeprefix(BOM)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _not_utf8(path, data) from None


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


def _unzipped(path: Path) -> bytes:
    """The bytes of the archive's one file, or of the one named like the archive."""
    with opened_zip(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        names = [name for name in names if not name.startswith("__MACOSX/")]
        named_alike = [name for name in names if Path(name).name == path.stem]
        chosen = names if len(names) == 1 else named_alike
        if len(chosen) != 1:
            raise DataError(
                f"{path}: an archive holds one file, or one named {path.stem}, got "
                f"{listed(names) or 'none'}; unpack it and name the file in competition.toml"
            )
        return archive.read(chosen[0])


def _not_utf8(path: Path, data: bytes) -> DataError:
    encoding = "UTF-16" if data.startswith(UTF16_MARKS) else "WINDOWS-1252"
    wrong: list[int] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            line.decode()
        except UnicodeDecodeError:
            wrong.append(number)
    name = path.name.removesuffix(".zip")
    return DataError(
        f"{path}: text must be UTF-8, but line {listed(wrong)} is not; if it is {encoding}, "
        f"re-encode it: iconv -f {encoding} -t UTF-8 {name} > utf8-{name}"
    )
