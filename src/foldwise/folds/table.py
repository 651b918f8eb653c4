"""The fold table: which fold each training id is validated in; `folds/<competition>.csv`."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.rows import Rows
from foldwise.errors import Complaints, DataError, listed
from foldwise.folds.partition import partition_complaints, without_fold
from foldwise.storage import sha256_of_stream, write_lines

HEADER = ["id", "fold"]
FOLD_NUMBER = re.compile("[0-9]{1,6}")


@dataclass(frozen=True, eq=False)
class FoldTable:
    """One fold an id; `check_folds` says whether it is a partition of a training file.

    Attributes:
        ids: the training ids.
        folds: (ids,) int64, the number of the fold in which each id is validated.
        n: number of folds.
    """

    ids: tuple[str, ...]
    folds: NDArray[np.int64]
    n: int

    def __post_init__(self) -> None:
        if self.folds.shape != (len(self.ids),):
            raise ValueError(f"folds must be ({len(self.ids)},), got {self.folds.shape}")

    def __len__(self) -> int:
        return len(self.ids)

    def fingerprint(self) -> str:
        """A SHA-256 of the ids with their folds that ignores the order of the rows."""
        pairs = sorted(zip(self.ids, self.folds.tolist(), strict=True))
        return sha256_of_stream(part for name, fold in pairs for part in (name, str(fold)))

    def for_rows(self, rows: Rows) -> NDArray[np.int64]:
        """(rows,) the fold of each row, found by its id; the table may hold more ids.

        Raises:
            DataError: a row has no fold.
        """
        fold_of = dict(zip(self.ids, self.folds.tolist(), strict=True))
        missing = [name for name in rows.ids if name not in fold_of]
        if missing:
            raise DataError(without_fold(missing))
        return np.fromiter((fold_of[name] for name in rows.ids), np.int64, count=len(rows))


def write_folds(path: Path, table: FoldTable) -> None:
    """Write `id,fold`, sorted by id: the file does not depend on the order of the rows."""
    pairs = sorted(zip(table.ids, table.folds.tolist(), strict=True))
    lines = (f"{_quoted(name)},{fold}\n" for name, fold in pairs)
    write_lines(path, chain([f"{','.join(HEADER)}\n"], lines))


def _quoted(name: str) -> str:
    """The id as a CSV cell; csv.writer would leave a carriage return bare, which ends a row."""
    if not any(mark in name for mark in ',"\r\n'):
        return name
    return '"' + name.replace('"', '""') + '"'


def read_folds(path: Path) -> FoldTable:
    """The fold table in `path`; a table shared by others may be in any order and any line ends.

    Raises:
        DataError: the file is absent, is no such table, or repeats an id; names all lines.
    """
    complaints = Complaints()
    table = _parsed(path, complaints).table
    complaints.raise_if_any(DataError)
    return table


def read_checked_folds(path: Path, rows: Rows) -> FoldTable:
    """The fold table in `path`, a partition of `rows`.

    Raises:
        DataError: what `read_folds` and `check_folds` have to say, all at once.
    """
    complaints = Complaints()
    parsed = _parsed(path, complaints)
    table = parsed.table
    told = partition_complaints(table.ids, table.folds, table.n, rows, parsed.unread)
    complaints.extend(f"{path}: {complaint}" for complaint in told)
    complaints.raise_if_any(DataError)
    return table


def check_folds(table: FoldTable, rows: Rows) -> None:
    """Nothing, if the folds are a partition of `rows` that splits no group.

    Raises:
        DataError: ids missing, unknown or repeated; fold numbers other than 0 to n - 1; an empty
            fold; a group in several folds; all at once.
    """
    complaints = Complaints()
    repeated = [name for name, count in Counter(table.ids).items() if count > 1]
    if repeated:
        complaints.add(f"ids must be unique in a fold table, but {listed(repeated)} are repeated")
    complaints.extend(partition_complaints(table.ids, table.folds, table.n, rows))
    complaints.raise_if_any(DataError)


@dataclass(frozen=True)
class _Parsed:
    table: FoldTable
    unread: frozenset[str]  # ids on lines whose fold is no number


def _parsed(path: Path, complaints: Complaints) -> _Parsed:
    header, *records = _records(path)
    if header.cells != HEADER:
        raise DataError(f"{path}: line 1 must be id,fold, got {','.join(header.cells)!r}")
    line_of: dict[str, int] = {}
    unread: set[str] = set()
    found: list[tuple[str, int]] = []
    for line, row in records:
        name = row[0]
        if len(row) != 2 or not FOLD_NUMBER.fullmatch(row[1]):
            complaints.add(f"{path}: line {line} must be an id and a fold number, got {row}")
            unread.add(name)
        elif name in line_of:
            complaints.add(f"{path}: line {line} repeats id {name!r} of line {line_of[name]}")
        else:
            line_of[name] = line
            found.append((name, int(row[1])))
    folds = np.array([fold for _, fold in found], dtype=np.int64)
    table = FoldTable(tuple(name for name, _ in found), folds, int(folds.max(initial=-1)) + 1)
    return _Parsed(table, frozenset(unread))


class _Record(NamedTuple):
    line: int  # on which it begins: quoted ids may span lines
    cells: list[str]


def _records(path: Path) -> list[_Record]:
    """All records of a CSV, the header first."""
    if not path.is_file():
        raise DataError(
            f"no fold table: {path} does not exist; make it with: foldwise folds {path.stem}"
        )
    records: list[_Record] = []
    begin = 1
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            for cells in reader:
                if cells:  # blank lines hold nothing
                    records.append(_Record(begin, cells))
                begin = reader.line_num + 1
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: line {begin} or later is no CSV in UTF-8: {error}") from None
    return records or [_Record(1, [])]
