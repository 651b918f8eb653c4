"""A case's test file and sample submission, written in the competition's own format."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from foldwise.competition.competition import Competition, FileFormat
from foldwise.competition.files import located
from foldwise.competition.reading import RawTable, read_table
from foldwise.competition.sample import format_of
from foldwise.kaggle.simulation.case_rows import CaseRows
from foldwise.storage import write_text


def write_test(path: Path, competition: Competition, rows: CaseRows) -> None:
    """Write the test rows in the columns of the public test file; other columns repeat a cell."""
    public = _whole_table(competition.path("test"), competition.format)
    cells = []
    for name, texts in zip(rows.ids, rows.texts, strict=True):
        own = {competition.id: name, **dict(zip(competition.text, texts, strict=True))}
        cells.append([own.get(column, _first(public, column)) for column in public.header])
    _write(path, competition.format, public.header, cells)


def write_sample(path: Path, competition: Competition, rows: CaseRows) -> None:
    """Write a sample submission for the rows, with the cells of the public one's first row."""
    source = competition.path("sample_submission")
    style = format_of(competition, source)
    public = _whole_table(source, style)
    cells = [
        [name if column == competition.id else _first(public, column) for column in public.header]
        for name in rows.sample_ids
    ]
    _write(path, style, public.header, cells)


def unpacked_name(name: str) -> str:
    """The name of a competition's file once it is no archive."""
    return name.removesuffix(".zip")


def _whole_table(path: Path, style: FileFormat) -> RawTable:
    header = read_table(path, style, [], rows_required=False).header
    return read_table(located(path), style, header, rows_required=False)


def _first(table: RawTable, column: str) -> str:
    cells = table.columns[column]
    return cells[0] if cells else "0"


def _write(
    path: Path, style: FileFormat, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    text = io.StringIO(newline="")
    if style.quoting:
        writer = csv.writer(text, delimiter=style.separator, lineterminator="\n")
        writer.writerows([header, *rows])
    else:
        lines = (style.separator.join(_plain(cell, style) for cell in row) for row in rows)
        text.writelines(f"{line}\n" for line in (style.separator.join(header), *lines))
    write_text(path, text.getvalue())


def _plain(cell: str, style: FileFormat) -> str:
    """`cell` without what a file without quotation marks cannot hold."""
    for mark in (style.separator, "\r", "\n"):
        cell = cell.replace(mark, " ")
    return cell
