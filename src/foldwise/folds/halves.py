"""A fold in two halves, so that what one half chooses is scored on the other."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def second_half(ids: Sequence[str], groups: Sequence[str] | None = None) -> NDArray[np.bool_]:
    """(rows,) whether each row is in the second half; rows of a group are in the same one.

    The halves depend on ids and groups, not on the order of the rows. They are of equal size, or as
    near to it as the groups allow; one is empty where all rows are of one group.
    """
    units = np.asarray(ids if groups is None else groups, dtype=object)
    names, of_row, sizes = np.unique(units, return_inverse=True, return_counts=True)
    digests = [hashlib.sha256(f"half\0{name}".encode("utf-8", "surrogatepass")) for name in names]
    order = sorted(range(len(names)), key=lambda i: digests[i].digest())
    counts = [0, 0]
    half = np.zeros(len(names), dtype=np.bool_)
    for unit in order:
        half[unit] = counts[1] < counts[0]
        counts[int(half[unit])] += int(sizes[unit])
    return np.asarray(half[of_row])
