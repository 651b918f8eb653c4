"""Targets and rater noise: from cells to checked numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.labels import number_in, unknown_label
from foldwise.competition.reading import RawTable
from foldwise.errors import Complaints, listed

Floats = NDArray[np.float64]


def target_numbers(table: RawTable, columns: Sequence[str], complaints: Complaints) -> Floats:
    """(rows, targets) the numbers in `columns`; what is no finite number goes to `complaints`."""
    return np.column_stack([_numbers(table, name, complaints) for name in columns])


def constant_targets(table: RawTable, columns: Sequence[str], targets: Floats) -> list[str]:
    """What to say of targets that are all constant; nothing where one has two values.

    A single row may be one that is left of a small part; and NaN has a complaint of its own.
    """
    if len(targets) < 2 or not np.array_equal(targets, targets[:1].repeat(len(targets), axis=0)):
        return []
    cells = [f"{name!r} is {table.columns[name][0]}" for name in columns]
    return [
        f"{table.path}: a target needs at least two values, but {listed(cells)} in all "
        f"{len(targets):,} rows, so that there is nothing to learn; correct `target` in "
        f"competition.toml, or the file"
    ]


def noise_of(table: RawTable, column: str, complaints: Complaints) -> Floats:
    """(rows,) the rater noise in `column`; a negative one goes to `complaints`, 0 is allowed."""
    noise = _numbers(table, column, complaints)
    if wrong := _shown(table, column, np.flatnonzero(noise < 0)):
        complaints.add(
            f"{table.path}: a standard deviation is 0 or more, but {column!r} is {listed(wrong)}; "
            f"correct these rows"
        )
    return noise


def label_indices(
    table: RawTable, column: str, labels: Sequence[str], complaints: Complaints
) -> Floats:
    """(rows, 1) the position in `labels` of each row's label; unknown ones go to `complaints`.

    Without any `labels` every row gets NaN and no complaint: their own was made before.
    """
    index = {label: float(i) for i, label in enumerate(labels)}
    cells = table.columns[column]
    targets = np.array([index.get(cell, np.nan) for cell in cells], dtype=np.float64)
    _complain_of_missing(table, column, complaints)
    unknown = [i for i in np.flatnonzero(np.isnan(targets)).tolist() if cells[i]] if labels else []
    if unknown:
        names = [unknown_label(name, labels) for name in sorted({cells[i] for i in unknown})]
        lines = table.lines[unknown].tolist()
        complaints.add(
            f"{table.path}: {column!r} must be one of the labels, got {listed(names)} on line "
            f"{listed(lines)}; correct or drop these rows, or list all labels in competition.toml"
        )
    return targets[:, None]


def absent_labels(table: RawTable, column: str, labels: Sequence[str]) -> list[str]:
    """What to say about labels that no row of `table` has."""
    present = set(table.columns[column])
    absent = [repr(label) for label in labels if label not in present]
    if not absent:
        return []
    return [
        f"{table.path}: every label needs training rows, but none has {listed(absent)} in "
        f"{column!r}; correct `labels` in competition.toml"
    ]


def _numbers(table: RawTable, column: str, complaints: Complaints) -> Floats:
    """(rows,) the finite numbers in `column`, NaN elsewhere."""
    cells = table.columns[column]
    found = [number_in(cell) for cell in cells]
    numbers = np.array([np.nan if number is None else number for number in found], dtype=np.float64)
    _complain_of_missing(table, column, complaints)
    spelled = np.array([number is not None for number in found], dtype=np.bool_)
    present = np.array([bool(cell) for cell in cells], dtype=np.bool_)
    if wrong := _shown(table, column, np.flatnonzero(present & ~spelled)):
        complaints.add(
            f"{table.path}: {column!r} must be a number, got {listed(wrong)}; correct or drop "
            f"these rows"
        )
    if wrong := _shown(table, column, np.flatnonzero(spelled & ~np.isfinite(numbers))):
        complaints.add(
            f"{table.path}: {column!r} must be finite, got {listed(wrong)}; correct or drop "
            f"these rows"
        )
    return numbers


def _complain_of_missing(table: RawTable, column: str, complaints: Complaints) -> None:
    cells = table.columns[column]
    empty = [line for line, cell in zip(table.lines.tolist(), cells, strict=True) if not cell]
    if empty:
        complaints.add(
            f"{table.path}: every row needs a value, but {column!r} is empty on line "
            f"{listed(empty)}; fill in or drop these rows"
        )


def _shown(table: RawTable, column: str, rows: NDArray[np.intp]) -> list[str]:
    """Each row's cell with its line."""
    return [f"{table.columns[column][i]!r} (line {table.lines[i]})" for i in rows]
