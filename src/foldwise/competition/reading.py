"""Tables read exactly as they are written: every cell a string, nothing guessed.

pandas is not used on purpose: its `read_csv` turns the texts "NA" and "null" into missing values,
drops leading zeros of ids, and shifts the index on a row with one field too many.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import FileFormat
from foldwise.competition.files import read_text
from foldwise.errors import Complaints, DataError, did_you_mean, listed


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
    text = read_text(path)
    if not text.strip("\r\n"):
        raise DataError(
            f"{path}: a table begins with a header line, but the file is empty; fetch it again"
        )
    rows = _quoted_rows(path, text, style) if style.quoting else _plain_rows(text, style)
    _, header = next(rows)
    _check_header(path, header, columns, style)
    names = list(dict.fromkeys(columns))
    lines, cells = _well_formed(path, header, names, rows, complaints)
    if rows_required and not cells and not complaints:
        complaints.add(f"{path}: at least one row must follow the header, got none; fetch it again")
    wanted = {name: [row[at] for row in cells] for at, name in enumerate(names)}
    return RawTable(path, tuple(header), wanted, np.array(lines, dtype=np.int64))


def _plain_rows(text: str, style: FileFormat) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each row; a field is everything between separators."""
    lines = io.StringIO(text.rstrip("\r\n"), newline="\n")  # a lone CR ends no line
    for number, line in enumerate(lines, start=1):
        yield number, line.removesuffix("\n").removesuffix("\r").split(style.separator)


def _quoted_rows(path: Path, text: str, style: FileFormat) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each row, as RFC 4180 quotes them.

    https://www.rfc-editor.org/rfc/rfc4180
    """
    if csv.field_size_limit() < len(text):  # the limit belongs to the process: only ever raised
        csv.field_size_limit(len(text))
    # The empty newline keeps every line end inside quotation marks as it is. Without `strict` the
    # reader would drop marks that are not doubled, and end an open field at the end of the file.
    reader = csv.reader(
        io.StringIO(text.rstrip("\r\n"), newline=""), delimiter=style.separator, strict=True
    )
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
    rows: Iterator[tuple[int, list[str]]],
    complaints: Complaints,
) -> tuple[list[int], list[tuple[str, ...]]]:
    """Lines and named cells of the rows that have as many fields as the header."""
    lines: list[int] = []
    cells: list[tuple[str, ...]] = []
    wrong: list[str] = []
    width = len(header)
    positions = [header.index(name) for name in names]
    broken: tuple[str, ...] = ()
    try:
        for line, row in rows:
            if len(row) == width:
                lines.append(line)
                cells.append(tuple([row[at] for at in positions]))
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
    return lines, cells
