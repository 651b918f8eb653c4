"""Predictions as id-aligned tables: `oof.csv` and `test.csv`."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import Complaints, DataError, counted, listed
from foldwise.predictions.plain_csv import read_plain
from foldwise.storage import write_lines

MARKS = frozenset(',"\r\n')


@dataclass(frozen=True, eq=False)
class Predictions:
    """One row of outputs an id.

    Attributes:
        ids: unique strings.
        outputs: names of the columns: targets (regression), `p_<label>` (classification).
        values: (ids, outputs) float64.
        folds: (ids,) the fold each id is validated in; None for test rows.
    """

    ids: tuple[str, ...]
    outputs: tuple[str, ...]
    values: NDArray[np.float64]
    folds: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        expected = (len(self.ids), len(self.outputs))
        if self.values.shape != expected:
            raise ValueError(f"values must be (ids, outputs) = {expected}, got {self.values.shape}")
        complaints = Complaints()
        for what, names in (("ids", self.ids), ("outputs", self.outputs)):
            if len(set(names)) < len(names):
                repeated = [name for name, count in Counter(names).items() if count > 1]
                complaints.add(f"{what} must be unique, but {listed(repeated)} are repeated")
        if self.outputs[:1] in {(), ("fold",)}:  # read back, it would be the column of folds
            complaints.add(f"outputs must be some, and the first not 'fold'; got {self.outputs}")
        finite = np.isfinite(self.values).all(axis=1)
        if not finite.all():
            wrong = [self.ids[i] for i in np.flatnonzero(~finite)]
            complaints.add(f"predictions must be finite, but those of {listed(wrong)} are not")
        complaints.raise_if_any(DataError)

    def __len__(self) -> int:
        return len(self.ids)

    def aligned_to(self, ids: Sequence[str], whose: str) -> "Predictions":
        """These predictions in the order of `ids`, one to one.

        Raises:
            DataError: an id is missing here, or one here is not among `ids`.
        """
        if self.ids == tuple(ids):
            return self
        position = {name: i for i, name in enumerate(self.ids)}
        complaints = Complaints()
        missing = [name for name in ids if name not in position]
        if missing:
            have = counted(len(missing), f"id of {whose} has", f"ids of {whose} have")
            complaints.add(f"{have} no prediction: {listed(missing)}")
        extra = sorted(position.keys() - set(ids))
        if extra:
            are = counted(len(extra), "predicted id is", "predicted ids are")
            complaints.add(f"{are} not in {whose}: {listed(extra)}")
        complaints.raise_if_any(DataError)
        order = np.array([position[name] for name in ids], dtype=np.int64)
        return replace(
            self,
            ids=tuple(ids),
            values=self.values[order],
            folds=None if self.folds is None else self.folds[order],
        )


def write_predictions(path: Path, table: Predictions) -> None:
    """Write `id[,fold],<outputs>`; every float in the shortest form that reads back the same."""
    write_lines(path, _lines(table))


def _lines(table: Predictions) -> Iterator[str]:
    fold_name = [] if table.folds is None else ["fold"]
    yield f"{','.join(map(_quoted, ['id', *fold_name, *table.outputs]))}\n"
    for i, (name, values) in enumerate(zip(table.ids, table.values, strict=True)):
        fold = "" if table.folds is None else f"{table.folds[i]},"
        yield f"{_quoted(name)},{fold}{','.join(map(repr, values.tolist()))}\n"


def _quoted(cell: str) -> str:
    """`cell` as RFC 4180 writes it. Python 3.11's csv.writer leaves a lone CR unquoted."""
    return cell if MARKS.isdisjoint(cell) else '"' + cell.replace('"', '""') + '"'


def read_predictions(path: Path) -> Predictions:
    """The table in `path`: `oof.csv` if it has a column `fold`, else `test.csv`.

    Raises:
        DataError: the file is absent, or is no such table; names the line.
    """
    if not path.is_file():
        raise DataError(f"no predictions: {path} does not exist; finish the run that writes it")
    return parse_predictions(path.read_bytes(), path)


def parse_predictions(data: bytes, path: Path) -> Predictions:
    """The table in the bytes of `path`; see `read_predictions`.

    Raises:
        DataError: they are no such table; names the line.
    """
    plain = read_plain(data)
    if plain is None:
        return _read_by_line(data, path)
    return _checked(path, plain.ids, plain.outputs, plain.values, plain.folds)


def _read_by_line(data: bytes, path: Path) -> Predictions:
    header, *records = _records(data, path)
    if header.cells[:1] != ["id"]:
        raise DataError(f"{path}: line 1: the first column must be id, got {header.cells[:1]}")
    has_folds = header.cells[1:2] == ["fold"]
    first = 2 if has_folds else 1
    outputs = tuple(header.cells[first:])
    complaints = Complaints()
    values = np.full((len(records), len(outputs)), np.nan)
    folds = np.zeros(len(records), dtype=np.int64)
    for i, (line, cells) in enumerate(records):
        try:
            if len(cells) != len(header.cells):
                raise ValueError
            values[i] = np.array(cells[first:], dtype=np.float64)
            folds[i] = int(cells[1]) if has_folds else 0
        except (ValueError, OverflowError):  # the latter of a fold beyond 64 bits
            expected, got = ",".join(header.cells), ",".join(cells)
            complaints.add(f"{path}: line {line}: expected {expected}, got {got}")
    complaints.raise_if_any(DataError)
    ids = tuple(cells[0] for _, cells in records)
    return _checked(path, ids, outputs, values, folds if has_folds else None)


def _checked(
    path: Path,
    ids: tuple[str, ...],
    outputs: tuple[str, ...],
    values: NDArray[np.float64],
    folds: NDArray[np.int64] | None,
) -> Predictions:
    try:
        return Predictions(ids, outputs, values, folds)
    except DataError as error:
        raise DataError(*(f"{path}: {complaint}" for complaint in error.complaints)) from None


class _Record(NamedTuple):
    line: int  # on which it begins: quoted ids may span lines
    cells: list[str]


def _records(data: bytes, path: Path) -> list[_Record]:
    """All records of a CSV, the header first."""
    records: list[_Record] = []
    begin = 1
    try:
        with io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                records.append(_Record(begin, cells))
                begin = reader.line_num + 1
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: line {begin} or later is no CSV in UTF-8: {error}") from None
    return records or [_Record(1, [])]


def mean_of(tables: Sequence[Predictions]) -> Predictions:
    """The mean of tables that share ids (in any order), outputs and folds.

    Args:
        tables: at least one; the result has the order of the first.

    Raises:
        DataError: they do not share them; names the difference.
    """
    first = tables[0]
    aligned = [table.aligned_to(first.ids, "the first table") for table in tables]
    for table in aligned:
        if table.outputs != first.outputs:
            raise DataError(f"outputs differ: {listed(first.outputs)} and {listed(table.outputs)}")
        if not np.array_equal(_folds_of(table), _folds_of(first)):
            raise DataError(
                "folds differ: OOF predictions of different folds cannot be blended, because some "
                "rows would be scored by models that learned from them; train on one fold table"
            )
    # a sum in a fixed order, not a matrix product: the same digits on every machine
    values = sum(1 / len(tables) * table.values for table in aligned)
    return replace(first, values=np.asarray(values))


def _folds_of(table: Predictions) -> NDArray[np.int64]:
    return np.empty(0, np.int64) if table.folds is None else table.folds
