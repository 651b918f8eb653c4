"""Rows that must share a fold, joined into units and put into an order of their own.

The order is by a keyed hash of the seed and the unit's name, so that a unit's fold depends on ids,
groups and texts but not on where its rows stand in the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.rows import Rows
from foldwise.errors import Complaints, DataError, listed
from foldwise.folds.alike import find_alike
from foldwise.folds.texts import exact_key, folded_key, numbered
from foldwise.storage import sha256_of_strings

HASH = "S64"  # of numpy: half of what a string takes


@dataclass(frozen=True, eq=False)
class Units:
    """Rows that share a fold have one unit.

    Attributes:
        of_row: (rows,) the number of each row's unit; the numbers follow the keyed hash.
        sizes: (units,) rows of each unit.
        notes: what was joined and what was not, in sentences.
    """

    of_row: NDArray[np.int64]
    sizes: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def single(self) -> bool:
        """Whether every unit is one row."""
        return len(self.sizes) == len(self.of_row)


def build_units(rows: Rows, n: int, seed: int, group_duplicates: bool) -> Units:
    """The units of `rows`: groups, joined where they hold the same text.

    Rows of equal text share a unit, and with `group_duplicates` nearly equal ones do too. But where
    that would chain rows into a unit larger than a fold (short texts occur everywhere), declared
    groups win: they stay as they are and a note says so.

    Raises:
        DataError: a group is larger than a fold, or without groups the rows of one text are; or
            there are fewer units than folds.
    """
    declared = numbered(rows.ids if rows.groups is None else rows.groups)
    capacity = fold_capacity(len(rows), n)
    joined = _Joined(declared, ())
    for likeness in _likenesses(rows, declared, group_duplicates):
        joined = _join(joined, likeness, capacity, "rows" if rows.groups is None else "groups")
    units = _in_hash_order(joined, rows, seed)
    _check_sizes(units, rows, n, capacity)
    return units


def fold_capacity(rows: int, n: int) -> int:
    """The rows of the largest of `n` equal folds."""
    return -(-rows // n)


class _Joined(NamedTuple):
    of_row: NDArray[np.int64]
    notes: tuple[str, ...]


class _Likeness(NamedTuple):
    """A way in which rows are alike: equal numbers for rows that are so.

    Where `insist` is set, alike rows are joined even into a unit larger than a fold.
    """

    how: str
    number: NDArray[np.int64]
    insist: bool = False


def _likenesses(
    rows: Rows, declared: NDArray[np.int64], group_duplicates: bool
) -> Iterator[_Likeness]:
    """The ways in which rows can be alike, the strictest first."""
    equal = numbered([exact_key(text) for text in rows.texts])
    yield _Likeness("are equal", equal, insist=rows.groups is None)
    if group_duplicates:
        alike = find_alike([folded_key(text) for text in rows.texts], rows.ids, declared)
        yield _Likeness("differ in case, white space or punctuation only", alike.folded)
        yield _Likeness("share four fifths of their five-word runs", alike.near_clusters())


def _join(joined: _Joined, likeness: _Likeness, capacity: int, what: str) -> _Joined:
    """The units joined where rows are alike, unless that chains them into more than a fold."""
    if int(likeness.number.max(initial=-1)) + 1 == len(likeness.number):
        return joined  # all rows differ
    wider = connected(joined.of_row, likeness.number)
    if wider.max() == joined.of_row.max():
        return joined
    touched, largest = _touched(joined.of_row, wider), int(np.bincount(wider).max())
    if largest <= capacity or likeness.insist:
        note = f"texts that {likeness.how} keep {touched:,} {what} together"
        return _Joined(wider, (*joined.notes, note))
    note = (
        f"{touched:,} {what} hold texts that {likeness.how}, but joining them would make a unit of "
        f"{largest:,} rows, more than a fold's {capacity:,}: they are not joined, so that such "
        f"texts may stand in several folds"
    )
    return _Joined(joined.of_row, (*joined.notes, note))


def _touched(narrow: NDArray[np.int64], wide: NDArray[np.int64]) -> int:
    """How many narrow units share their wide one with another."""
    pairs = np.unique(np.stack([wide, narrow], axis=1), axis=0)
    members = np.bincount(pairs[:, 0])
    return int(members[members > 1].sum())


def connected(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows,) the connected component of each row; a shared number in either argument connects.

    Components by scipy.sparse.csgraph.connected_components,
    https://docs.scipy.org/doc/scipy/reference/generated/scipy.sparse.csgraph.connected_components.html
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows, numbers = len(first), int(first.max(initial=-1)) + 1
    start = np.tile(np.arange(rows), 2)
    end = rows + np.concatenate([first, numbers + second])
    nodes = int(end.max(initial=0)) + 1
    ones = np.ones(len(start), dtype=np.int8)
    graph = coo_matrix((ones, (start, end)), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    return numbered(component[:rows].tolist())


def _in_hash_order(joined: _Joined, rows: Rows, seed: int) -> Units:
    """The units numbered by the hash of their name: the least of their groups, or else ids."""
    names = rows.ids if rows.groups is None else rows.groups
    units = int(joined.of_row.max(initial=-1)) + 1
    least: list[str | None] = [None] * units
    for unit, name in zip(joined.of_row.tolist(), names, strict=True):
        held = least[unit]
        least[unit] = name if held is None or name < held else held
    named = (name for name in least if name is not None)  # all: a unit has rows
    hashes = (sha256_of_strings(str(seed), name).encode() for name in named)
    order = np.argsort(np.fromiter(hashes, dtype=HASH, count=units), kind="stable")
    rank = np.empty(units, dtype=np.int64)
    rank[order] = np.arange(units)
    of_row = rank[joined.of_row]
    return Units(of_row, np.bincount(of_row, minlength=units), joined.notes)


def _check_sizes(units: Units, rows: Rows, n: int, capacity: int) -> None:
    complaints = Complaints()
    for unit in np.flatnonzero(units.sizes > capacity).tolist():
        members = np.flatnonzero(units.of_row == unit)
        size = len(members)
        most = -(-len(rows) // (size - 1)) - 1  # the largest number of folds that still fits it
        fewer = f"take at most {most} folds, or " if most > 1 else ""
        complaints.add(
            f"{_described(rows, members)} must share a fold: {size:,} of {len(rows):,} rows, but "
            f"one fold of {n} holds {capacity:,}; {fewer}divide or drop some of them"
        )
    if len(units) < n:
        what = "different texts" if rows.groups is None else "groups"
        complaints.add(f"{n} folds need at least {n} {what}, got {len(units)}; take fewer folds")
    complaints.raise_if_any(DataError)


def _described(rows: Rows, members: NDArray[np.int64]) -> str:
    lines = listed(sorted(rows.lines[members].tolist()))
    if rows.groups is not None:  # joining never makes a unit this large: it is one declared group
        return f"the rows of group {rows.groups[members[0]]!r} (lines {lines})"
    return f"the rows of one text (lines {lines})"
