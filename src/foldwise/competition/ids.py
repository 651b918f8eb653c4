"""Ids checked: none empty, none twice."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import counted, listed


def id_complaints(
    path: Path, column: str, ids: Sequence[str], lines: NDArray[np.int64]
) -> list[str]:
    """What is wrong with `ids`, each of which stands on the line of the same position."""
    if "" not in (different := set(ids)) and len(different) == len(ids):
        return []  # without a list for each of millions
    where: dict[str, list[int]] = {}
    for name, line in zip(ids, lines.tolist(), strict=True):
        where.setdefault(name, []).append(line)
    complaints = []
    if empty := where.pop("", []):
        complaints.append(
            f"{path}: every row needs an id, but {column!r} is empty on line {listed(empty)}; "
            f"give each an id of its own"
        )
    repeated = [f"{name!r} (lines {listed(at)})" for name, at in where.items() if len(at) > 1]
    if repeated:
        complaints.append(
            f"{path}: ids must be unique, but {counted(len(repeated), 'stands', 'stand')} more "
            f"than once in {column!r}: {listed(repeated)}; remove the repeated rows or rename "
            f"their ids"
        )
    return complaints
