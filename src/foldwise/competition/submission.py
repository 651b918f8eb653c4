"""Submissions: built in the sample's image, checked, written whole with where they come from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import FileFormat
from foldwise.competition.reading import parse_table
from foldwise.competition.sample import Sample
from foldwise.competition.submission_faults import cell_faults, id_faults, order_faults
from foldwise.errors import Complaints, DataError, counted, listed
from foldwise.storage import write_json, write_text

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Submission:
    """A table as it will be written: one tuple of cells a row, one cell a column of `header`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def build_submission(sample: Sample, ids: Sequence[str], values: Floats) -> Submission:
    """The submission that shows `values` (ids, outputs) in the sample's columns and order of ids.

    Outputs are in the order of the targets or labels; numbers are written in the shortest form
    that reads back the same.

    Raises:
        DataError: predictions for other ids than the sample's, twice for one, or not finite.
    """
    width = len(sample.labels) or len(sample.outputs)
    if values.shape != (len(ids), width):
        raise ValueError(f"values must be (ids, outputs) = {len(ids), width}, got {values.shape}")
    complaints = Complaints()
    complaints.extend(id_faults("the predictions", ids, sample))
    wrong = [ids[i] for i in np.flatnonzero(~np.isfinite(values).all(axis=1)).tolist()]
    if wrong:
        complaints.add(
            f"the predictions: values must be finite, but those of {counted(len(wrong), 'id')} "
            f"are not: "
            f"{listed(wrong)}; find the run that made them"
        )
    complaints.raise_if_any(DataError)
    row_of = {name: i for i, name in enumerate(ids)}
    order = np.array([row_of[name] for name in sample.ids], dtype=np.int64)
    cells = _cells(sample, values[order])
    rows = [_placed(sample, name, row) for name, row in zip(sample.ids, cells, strict=True)]
    return Submission(sample.header, tuple(rows))


def check_submission(submission: Submission | Path, sample: Sample) -> Submission:
    """The submission, in memory or in a file, after every check against the sample.

    Raises:
        DataError: all at once: another header, rows with too few or too many cells, ids missing,
            unknown, twice or in another order, values that are no finite numbers, probabilities
            outside 0 to 1, and unknown labels.
    """
    complaints = Complaints()
    if isinstance(submission, Path):
        where, lines, submission = _read(submission, sample, complaints)
    else:
        where = "the submission"
        lines = list(range(2, len(submission.rows) + 2))
    if submission.header != sample.header:
        complaints.add(
            f"{where}: the header must be {','.join(sample.header)!r} as in {sample.path.name}, "
            f"got {','.join(submission.header)!r}; build the submission again"
        )
        complaints.raise_if_any(DataError)
    width = len(sample.header)
    wrong = [line for line, row in zip(lines, submission.rows, strict=True) if len(row) != width]
    if wrong:
        complaints.add(f"{where}: every row must have {width} cells, not so line {listed(wrong)}")
        complaints.raise_if_any(DataError)
    at = sample.header.index(sample.id)
    complaints.extend(id_faults(where, [row[at] for row in submission.rows], sample))
    complaints.extend(order_faults(where, [row[at] for row in submission.rows], sample))
    complaints.extend(cell_faults(where, submission.rows, lines, sample))
    complaints.raise_if_any(DataError)
    return submission


def write_submission(
    path: Path, submission: Submission, sample: Sample, provenance: Mapping[str, Any]
) -> None:
    """Check, then write `submission` to `path` and where it comes from beside it, as JSON.

    The JSON holds `provenance`, and of the CSV: `file`, `rows`, `sha256`. It is written first, so
    that no CSV stands there without it; a CSV that is not the JSON's has another SHA-256.

    Raises:
        DataError: see `check_submission`; nothing is written.
        StorageError: the disk is full; each file is the old one or the new one.
    """
    text = submission_text(check_submission(submission, sample), sample.format)
    own = {
        "file": path.name,
        "rows": len(submission.rows),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    if taken := sorted(own.keys() & provenance.keys()):
        raise ValueError(f"provenance must leave {listed(taken)} to the writer")
    write_json(path.with_suffix(".json"), {**provenance, **own})
    write_text(path, text)


def submission_text(submission: Submission, style: FileFormat) -> str:
    """The submission as the text of a CSV, each line ended by a line feed."""
    lines = [
        style.separator.join(_quoted(cell, style) for cell in row)
        for row in (submission.header, *submission.rows)
    ]
    return "\n".join(lines) + "\n"


def _cells(sample: Sample, values: Floats) -> list[list[str]]:
    """The cells of each row without its id."""
    if sample.layout == "label":
        return [[sample.labels[best]] for best in values.argmax(axis=1)] if len(values) else []
    shown = values[:, [1]] if sample.layout == "probability" else values[:, list(sample.outputs)]
    return [[repr(value) for value in row] for row in shown.tolist()]


def _placed(sample: Sample, name: str, cells: Sequence[str]) -> tuple[str, ...]:
    at = sample.header.index(sample.id)
    return (*cells[:at], name, *cells[at:])


def _quoted(cell: str, style: FileFormat) -> str:
    """`cell` as RFC 4180 writes it. Python 3.11's csv.writer leaves a lone CR unquoted."""
    special = any(mark in cell for mark in (style.separator, '"', "\r", "\n"))
    if not special or not style.quoting:
        return cell
    return '"' + cell.replace('"', '""') + '"'


class _Read(NamedTuple):
    where: str
    lines: list[int]
    submission: Submission


def _read(path: Path, sample: Sample, complaints: Complaints) -> _Read:
    table = parse_table(path, sample.format, sample.header, complaints, rows_required=False)
    columns = [table.columns[name] for name in sample.header]
    rows = tuple(zip(*columns, strict=True))
    return _Read(str(path), table.lines.tolist(), Submission(table.header, rows))
