"""The two that are compared, and what they must share before their scores can be subtracted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from foldwise.competition.rows import Rows
from foldwise.errors import Complaints, DataError, counted, listed
from foldwise.predictions.table import Predictions

Tables = tuple[Predictions, Predictions]  # of the two sides


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two that are compared.

    Attributes:
        name: in messages.
        tables: out-of-fold predictions by seed; both sides have the same seeds.
        origin: hashes of what the predictions were made from, by name, such as data and folds; the
            two sides share them.
    """

    name: str
    tables: Mapping[int, Predictions]
    origin: Mapping[str, str] = field(default_factory=dict)


def restricted(side: Side, rows: Rows) -> Side:
    """The side with its predictions of `rows` alone, all of which it has."""
    return replace(
        side, tables={seed: _of_rows(table, rows) for seed, table in side.tables.items()}
    )


def _of_rows(table: Predictions, rows: Rows) -> Predictions:
    position = {name: i for i, name in enumerate(table.ids)}
    at = [position[name] for name in rows.ids]
    return replace(
        table,
        ids=rows.ids,
        values=table.values[at],
        folds=None if table.folds is None else table.folds[at],
    )


def aligned(first: Side, second: Side, rows: Rows) -> dict[int, Tables]:
    """Both sides' tables by seed, in the order of `rows`.

    Raises:
        DataError: the sides were made from other data or folds, or predict other rows, outputs or
            seeds; names every difference.
    """
    complaints = Complaints()
    complaints.extend(other_origins(first, second))
    if first.tables.keys() != second.tables.keys() or not first.tables:
        mine, theirs = (listed(sorted(side.tables)) or "none" for side in (first, second))
        complaints.add(
            f"what is compared has the same seeds, but {first.name} has {mine} and "
            f"{second.name} {theirs}; train the others, or leave them out"
        )
    labels: list[str] = []
    tables: list[Predictions] = []
    for side in (first, second):
        for seed in sorted(side.tables):
            labels.append(f"{side.name}, seed {seed}" if len(side.tables) > 1 else side.name)
            try:
                tables.append(side.tables[seed].aligned_to(rows.ids, "the rows compared"))
            except DataError as error:
                complaints.extend(f"{labels[-1]}: {complaint}" for complaint in error.complaints)
    complaints.raise_if_any(DataError)
    for label, table in zip(labels[1:], tables[1:], strict=True):
        complaints.extend(_other_columns(labels[0], tables[0], label, table))
    complaints.raise_if_any(DataError)
    seeds = sorted(first.tables)
    halves = tables[: len(seeds)], tables[len(seeds) :]
    return dict(zip(seeds, zip(*halves, strict=True), strict=True))


def other_origins(first: Side, second: Side) -> list[str]:
    """What the two were not both made from, one complaint each.

    Of two competitions only that: what else differs follows from it.
    """
    differing = [
        part
        for part in dict.fromkeys([*first.origin, *second.origin])
        if first.origin.get(part) != second.origin.get(part)
    ]
    if "competition" in differing:
        differing = ["competition"]
    return [
        f"what is compared has the same {part}, but {first.name} has "
        f"{first.origin.get(part, 'none')[:16]!r} and {second.name} "
        f"{second.origin.get(part, 'none')[:16]!r}; train both on the same"
        for part in differing
    ]


def _other_columns(mine: str, like: Predictions, name: str, table: Predictions) -> list[str]:
    """What of a table's outputs and folds is not as in the table `like`."""
    complaints = []
    if table.outputs != like.outputs:
        complaints.append(
            f"what is compared has the same outputs, but {mine} has {listed(like.outputs)} and "
            f"{name} {listed(table.outputs)}"
        )
    if like.folds is None or table.folds is None:
        without = mine if like.folds is None else name
        return [*complaints, f"out-of-fold predictions have a column fold, those of {without} not"]
    moved = np.flatnonzero(table.folds != like.folds)
    if len(moved):
        row = moved[0]
        complaints.append(
            f"what is compared has the same folds, but "
            f"{counted(len(moved), 'row is', 'rows are')} in others: "
            f"{like.ids[row]!r} is in fold {like.folds[row]} of {mine} and in fold "
            f"{table.folds[row]} of {name}; train both on one fold table"
        )
    return complaints
