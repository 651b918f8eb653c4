"""What a data file holds, without loading it: its columns and the number of its rows."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.competition import FileFormat
from foldwise.competition.sources.archives import opened_data
from foldwise.errors import DataError


@dataclass(frozen=True)
class Contents:
    """The columns of a file, and the number of its rows without the header."""

    columns: tuple[str, ...]
    rows: int


def read_contents(path: Path, how: FileFormat) -> Contents:
    """The columns and the number of rows of a CSV, or of the CSV in a ZIP archive.

    Rows are counted line by line, so memory stays small whatever the size of the file. Blank lines
    between rows do not count.

    Raises:
        DataError: the file is empty, or a damaged archive.
    """
    with opened_data(path) as data:
        # Each byte becomes one character, and quotes and line ends are the same in all encodings
        # that extend ASCII: counting never fails. Whether it is UTF-8 is for the reader to say.
        lines = io.TextIOWrapper(data, encoding="latin-1", newline=None)
        records = _records(lines, quoting=how.quoting)
        header = next(records, "")
        count = sum(1 for _ in records)
    if not header:
        raise DataError(f"{path.name} must begin with a line of column names: it is empty")
    return Contents(_columns(header, how), count)


def _records(lines: Iterable[str], *, quoting: bool) -> Iterator[str]:
    """The first line of each record: a line with an odd number of quotes opens or closes one."""
    inside = False
    first = ""
    for line in lines:
        if not inside:
            first = line
        if quoting and line.count('"') % 2:
            inside = not inside
        if not inside and first.strip():
            yield first
    if inside:
        yield first  # a quote that is never closed: the reader says where


def _columns(header: str, how: FileFormat) -> tuple[str, ...]:
    text = header.encode("latin-1").decode("utf-8-sig", errors="replace")
    if not how.quoting:
        return tuple(text.rstrip("\n").split(how.separator))
    return tuple(next(csv.reader([text], delimiter=how.separator)))
