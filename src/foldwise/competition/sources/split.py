"""A private test set, drawn by hash: the same rows on every machine, whatever their order."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

TEST_SHARE = 0.25

# Fixed for ever, and the same for every recipe: two competitions made of the same texts have the
# same test rows, so that a model of one never saw the other's.
SALT = "foldwise private test"


def chosen_for_test(
    ids: Sequence[str], texts: Sequence[str], groups: Sequence[str] | None = None
) -> tuple[bool, ...]:
    """Whether each row belongs to the test set: about a quarter of them, in whole units.

    A unit is a connected set of rows: two rows of one group, or with one text (ignoring case and
    white space), are in the same unit. A unit is chosen by the hash of its smallest id, so the
    choice depends neither on the order of the rows nor on the rows of other units.

    Raises:
        ValueError: ids, texts and groups differ in number.
    """
    if groups is not None and len(groups) != len(ids):
        raise ValueError(f"one group a row: got {len(groups)} groups for {len(ids)} rows")
    units = _units(texts, groups)
    smallest: dict[int, str] = {}
    for unit, row_id in zip(units, ids, strict=True):
        smallest[unit] = min(row_id, smallest.get(unit, row_id))
    chosen = {unit: _is_chosen(row_id) for unit, row_id in smallest.items()}
    return tuple(chosen[unit] for unit in units)


def folded(text: str) -> str:
    """The text in one case, with single spaces: equal for texts a reader would call the same."""
    return " ".join(text.split()).casefold()


def _is_chosen(smallest_id: str) -> bool:
    digest = hashlib.sha256(f"{SALT}\0{smallest_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < TEST_SHARE * 2**64


def _units(texts: Sequence[str], groups: Sequence[str] | None) -> list[int]:
    """The unit of each row: the position of one of the unit's rows."""
    parents = list(range(len(texts)))
    for keys in ([folded(text) for text in texts], groups or ()):
        for rows in _rows_by_key(keys).values():
            for row in rows[1:]:
                parents[_root(parents, row)] = _root(parents, rows[0])
    return [_root(parents, row) for row in range(len(texts))]


def _rows_by_key(keys: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        rows[key].append(row)
    return rows


def _root(parents: list[int], row: int) -> int:
    """The row that stands for its unit; each step halves the path to it."""
    while parents[row] != row:
        parents[row] = parents[parents[row]]
        row = parents[row]
    return row
