"""Tables read exactly as they are written: every cell a string, nothing guessed.

pandas is not used on purpose: its `read_csv` turns the texts "NA" and "null" into missing values,
drops leading zeros of ids, and shifts the index on a row with one field too many.
"""

import csv
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import FileFormat
from foldwise.competition.files import checked_bytes, opened_text
from foldwise.errors import Complaints, DataError, did_you_mean, listed

Row = tuple[int, list[str]]  # the line it begins on, and its fields


@dataclass(frozen=True, eq=False)
class RawTable:
    """The wanted columns of one file, as strings.

    Attributes:
        path: the file, for messages.
        header: all column names, wanted or not, in the file's order.
        columns: one list of cells a wanted column.
        lines: (rows,) the line each row begins on; the header stands on line 1.
    """

    path: Path
    header: tuple[str, ...]
    columns: dict[str, list[str]]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)


def read_table(
    path: Path, style: FileFormat, columns: Sequence[str], *, rows_required: bool = True
) -> RawTable:
    """The `columns` of the CSV at `path`, or of the one file inside the `.zip` at `path`.

    A byte-order mark at the start and blank lines at the end are dropped, CR LF may end a line;
    everything else is kept, line ends inside quotation marks included. A file `train.tsv` may also
    lie there as `train.tsv.zip`, and the other way round, since some servers unpack archives.

    Raises:
        DataError: see `parse_table`; and for all rows with too few or too many fields.
    """
    complaints = Complaints()
    table = parse_table(path, style, columns, complaints, rows_required=rows_required)
    complaints.raise_if_any(DataError)
    return table


def parse_table(
    path: Path,
    style: FileFormat,
    columns: Sequence[str],
    complaints: Complaints,
    *,
    rows_required: bool = True,
) -> RawTable:
    """The well-formed rows of `read_table`; what is wrong with the others goes to `complaints`.

    Raises:
        DataError: the table cannot be read at all: the file is missing, empty or not UTF-8, a
            quotation mark is never closed, or the header lacks a column or repeats one.
    """
    size = checked_bytes(path)  # all of them first: where one is wrong, nothing else counts
    if csv.field_size_limit() < size:  # the limit belongs to the process: only ever raised
        csv.field_size_limit(size)
    # The empty newline keeps every line end inside quotation marks as it is; without quoting a lone
    # carriage return ends no line.
    with opened_text(path, newline="" if style.quoting else "\n") as file:
        rows = _quoted_rows(path, file, style) if style.quoting else _plain_rows(file, style)
        rows = _without_last_blanks(rows, style)
        _, header = next(rows, (0, None))
        if header is None:
            raise DataError(
                f"{path}: a table begins with a header line, but the file is empty; replace it"
            )
        _check_header(path, header, columns, style)
        table = _well_formed(path, header, list(dict.fromkeys(columns)), rows, complaints)
    if rows_required and not len(table) and not complaints:
        complaints.add(f"{path}: at least one row must follow the header, got none; replace it")
    return table


def _without_last_blanks(rows: Iterator[Row], style: FileFormat) -> Iterator[Row]:
    """The rows up to the last that is no blank line.

    Before what cannot be read blank lines are rows, too: all complaints are to be told at once.
    """
    blank = _BlankLines()
    try:
        for line, fields in rows:
            # a quoted empty field is a row: csv reads a blank line as no field at all
            if not fields or (not style.quoting and len(fields) == 1 and not fields[0].strip("\r")):
                blank.add(line, fields)
            else:
                yield from blank.taken()
                yield line, fields
    except DataError:
        yield from blank.taken()
        raise


class _BlankLines:
    """Rows without content, held back: a number each, since a file may end in a million of them."""

    def __init__(self) -> None:
        self._lines = array("q")
        self._fields: dict[int, list[str]] = {}  # by line, where they are not as the first one's
        self._usual: list[str] | None = None

    def add(self, line: int, fields: list[str]) -> None:
        self._lines.append(line)
        if self._usual is None:
            self._usual = fields
        elif fields != self._usual:
            self._fields[line] = fields

    def taken(self) -> Iterator[Row]:
        """All of them; none is held any more."""
        lines, usual = self._lines, self._usual or []
        self._lines, self._usual = array("q"), None
        for line in lines:
            yield line, self._fields.pop(line, usual)


def _plain_rows(file: TextIO, style: FileFormat) -> Iterator[Row]:
    """Line number and fields of each row; a field is everything between separators."""
    for number, line in enumerate(file, start=1):
        yield number, line.removesuffix("\n").removesuffix("\r").split(style.separator)


def _quoted_rows(path: Path, file: TextIO, style: FileFormat) -> Iterator[Row]:
    """Line number and fields of each row, as RFC 4180 quotes them.

    https://www.rfc-editor.org/rfc/rfc4180
    """
    # Without `strict` the reader would drop marks that are not doubled, and end an open field at
    # the end of the file.
    reader = csv.reader(file, delimiter=style.separator, strict=True)
    begin = 1
    try:
        for row in reader:
            yield begin, row
            begin = reader.line_num + 1
    except csv.Error:
        raise DataError(
            f"{path}: line {begin}: a quotation mark that opens a field must be closed, and marks "
            f"inside the field doubled; this row is still open or broken at line "
            f"{reader.line_num}. Correct it, or write quoting = false under [format] in "
            f"competition.toml if marks are ordinary characters"
        ) from None


def _check_header(
    path: Path, header: Sequence[str], columns: Sequence[str], style: FileFormat
) -> None:
    complaints = Complaints()
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        complaints.add(
            f"{path}: line 1: column names must differ, but {listed(list(map(repr, repeated)))} "
            f"stands more than once; rename one"
        )
    for name in dict.fromkeys(columns):
        if name not in header:
            complaints.add(
                f"{path}: line 1: no column {name!r} among {listed(list(map(repr, header)))} "
                f"(separator {style.separator!r}); {did_you_mean(name, header)}"
            )
    complaints.raise_if_any(DataError)


def _well_formed(
    path: Path,
    header: Sequence[str],
    names: Sequence[str],
    rows: Iterator[Row],
    complaints: Complaints,
) -> RawTable:
    """The columns `names` of the rows that have as many fields as the header."""
    lines = array("q")
    columns: dict[str, list[str]] = {name: [] for name in names}
    wanted = [(header.index(name), column) for name, column in columns.items()]
    wrong: list[str] = []
    width = len(header)
    broken: tuple[str, ...] = ()
    try:
        for line, row in rows:
            if len(row) == width:
                lines.append(line)
                for at, column in wanted:
                    column.append(row[at])
            else:
                wrong.append(f"line {line} has {len(row)}")
    except DataError as error:  # an open quotation mark: what follows cannot be told apart
        broken = error.complaints
    if wrong:
        complaints.add(
            f"{path}: every row must have {width} fields like the header, but {listed(wrong)}; "
            f"quote fields that hold the separator or a line end, or remove the extra ones"
        )
    if broken:
        complaints.extend(broken)
        complaints.raise_if_any(DataError)
    return RawTable(path, tuple(header), columns, np.array(lines, dtype=np.int64))
