"""The sample submission: which ids, in which order, in which columns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from foldwise.competition.competition import Competition, FileFormat
from foldwise.competition.files import checked_bytes, opened_text, require_files
from foldwise.competition.ids import id_complaints
from foldwise.competition.labels import output_names
from foldwise.competition.metrics import metric_named
from foldwise.competition.reading import parse_table
from foldwise.competition.rows import Rows
from foldwise.errors import Complaints, DataError, counted, listed

Layout = Literal["values", "label", "probability", "probabilities"]


@dataclass(frozen=True)
class Sample:
    """What a submission must look like.

    Attributes:
        path: the file, for messages.
        header: all columns in order, the id's among them.
        id: the id's column.
        ids: in the order a submission must have.
        format: how the file is written.
        layout: "values" of a regression; the most probable "label"; the "probability" of the last
            of two labels; or the "probabilities" of all labels, one column each.
        outputs: for each column but the id's, which output it shows; empty for one label column
            and one probability.
        labels: of a classification, in order.
    """

    path: Path
    header: tuple[str, ...]
    id: str
    ids: tuple[str, ...]
    format: FileFormat
    layout: Layout
    outputs: tuple[int, ...]
    labels: tuple[str, ...]


def load_sample(competition: Competition, labels: tuple[str, ...]) -> Sample:
    """The sample submission of `competition`, read and understood.

    Raises:
        DataError: the file cannot be read, its ids are empty or repeated, or its columns are
            neither the targets nor one a label.
    """
    require_files(competition, "sample_submission")
    path = competition.path("sample_submission")
    complaints = Complaints()
    style = format_of(competition, path)
    table = parse_table(path, style, [competition.id], complaints, rows_required=False)
    ids = tuple(table.columns[competition.id])
    complaints.extend(id_complaints(path, competition.id, ids, table.lines))
    columns = [name for name in table.header if name != competition.id]
    names = _names_of_outputs(competition, labels, columns)
    if names is None:
        complaints.add(_other_columns(competition, labels, columns, path))
    complaints.raise_if_any(DataError)
    layout = _layout(competition, labels, columns)
    shown = columns if layout in {"values", "probabilities"} else []
    outputs = tuple(names.index(name) for name in shown) if names else ()
    return Sample(path, table.header, competition.id, ids, style, layout, outputs, labels)


def check_sample(competition: Competition, sample: Sample, test: Rows) -> None:
    """Check that the sample submission has the ids of the test rows, in whatever order.

    Raises:
        DataError: ids that stand in only one of the two.
    """
    complaints = Complaints()
    in_sample, in_test = set(sample.ids), set(test.ids)
    path = competition.path("test")
    if missing := [name for name in test.ids if name not in in_sample]:
        complaints.add(
            f"{sample.path}: a sample submission has the ids of the test rows, but "
            f"{counted(len(missing), 'is', 'are')} missing of {path.name}: {listed(missing)}; "
            f"{_fetch(competition)}"
        )
    if extra := [name for name in sample.ids if name not in in_test]:
        complaints.add(
            f"{sample.path}: a sample submission has the ids of the test rows, but "
            f"{counted(len(extra), 'is', 'are')} not in {path.name}: {listed(extra)}; "
            f"{_fetch(competition)}"
        )
    complaints.raise_if_any(DataError)


def _fetch(competition: Competition) -> str:
    if competition.source is None:
        return "the two files must belong together: correct one of them"
    again = f"foldwise data {competition.name} --refresh"
    return f"the two files must come from one download; get both again: {again}"


def format_of(competition: Competition, path: Path) -> FileFormat:
    """The competition's format if its separator stands in the header, else an ordinary CSV.

    Samples are often a .csv beside a .tsv, and a header has an id and a column at least.
    """
    checked_bytes(path)
    with opened_text(path, newline="\n") as file:
        header = file.readline()
    return competition.format if competition.format.separator in header else FileFormat()


def _layout(competition: Competition, labels: tuple[str, ...], columns: list[str]) -> Layout:
    if competition.task == "regression":
        return "values"
    if columns != list(competition.target):
        return "probabilities"
    wants_probability = metric_named(competition.metric, competition.task).probabilities
    return "probability" if wants_probability and len(labels) == 2 else "label"


def _names_of_outputs(
    competition: Competition, labels: tuple[str, ...], columns: list[str]
) -> tuple[str, ...] | None:
    """What the sample calls the outputs, in their order; None if it speaks of other things."""
    known = [competition.target, labels, output_names(competition, labels)]
    return next((names for names in known if sorted(names) == sorted(columns)), None)


def _other_columns(
    competition: Competition, labels: tuple[str, ...], columns: list[str], path: Path
) -> str:
    per_label = f", or one a label: {listed(labels)}" if labels else ""
    return (
        f"{path}: line 1: beside {competition.id!r} a sample submission has the column "
        f"{listed(competition.target)}{per_label}; got {listed(columns) or 'none'}; correct "
        f"`target` in competition.toml, or the file"
    )
