"""What keeps a fold table from being a partition of the training rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.rows import Rows
from foldwise.errors import counted, listed


def partition_complaints(
    ids: Sequence[str],
    folds: NDArray[np.int64],
    n: int,
    rows: Rows,
    unread: frozenset[str] = frozenset(),
) -> list[str]:
    """Everything that keeps a fold table from being a partition of `rows` that splits no group.

    Args:
        ids: of the table.
        folds: (ids,) their folds.
        n: number of folds.
        rows: the training rows.
        unread: ids of which the table has a line that could not be read: they are not missing.
    """
    known = {*ids, *unread}
    told: list[str] = []
    missing = [name for name in rows.ids if name not in known]
    if missing:
        told.append(without_fold(missing))
    extra = sorted(set(ids) - set(rows.ids))
    if extra:
        are = counted(
            len(extra),
            "id of the fold table is no training row",
            "ids of the fold table are no training rows",
        )
        told.append(f"{are}: {listed(extra)}; the table was made from other data, so make it again")
    return [*told, *_number_complaints(folds, n), *_group_complaints(ids, folds, rows)]


def _number_complaints(folds: NDArray[np.int64], n: int) -> list[str]:
    told: list[str] = []
    present = set(np.unique(folds).tolist())
    outside = sorted(present - set(range(n)))
    if outside:
        told.append(f"folds must be numbered 0 to {n - 1}, got {listed(outside)}")
    empty = sorted(set(range(n)) - present)
    if empty:
        told.append(f"no fold of 0 to {n - 1} may be empty, but no row is in {listed(empty)}")
    if n < 2:
        told.append(f"a fold table needs at least 2 folds, got {n}")
    return told


def _group_complaints(ids: Sequence[str], folds: NDArray[np.int64], rows: Rows) -> list[str]:
    if rows.groups is None:
        return []
    group_of = dict(zip(rows.ids, rows.groups, strict=True))
    folds_of: dict[str, set[int]] = {}
    for name, fold in zip(ids, folds.tolist(), strict=True):
        if name in group_of:
            folds_of.setdefault(group_of[name], set()).add(fold)
    split = sorted(group for group, folds in folds_of.items() if len(folds) > 1)
    if not split:
        return []
    where = ", ".join(str(fold) for fold in sorted(folds_of[split[0]]))
    return [
        f"{counted(len(split), 'group stands', 'groups stand')} in several folds: {listed(split)} "
        f"({split[0]!r} in folds {where}); rows of a group must share a fold, so make it again"
    ]


def without_fold(missing: list[str]) -> str:
    """What to say of training ids that a fold table lacks."""
    return (
        f"{counted(len(missing), 'training id has', 'training ids have')} no fold: "
        f"{listed(missing)}; the fold table was made from other data, so make it again"
    )
