"""Which texts are nearly the same: equal once folded, or similar in their runs of words."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.folds.similar import similar_pairs
from foldwise.folds.texts import numbered


class Alike(NamedTuple):
    """Nearly equal texts among rows.

    Attributes:
        folded: (rows,) equal numbers for texts that are equal but for case, white space and
            punctuation.
        first: (pairs,) rows whose text is similar to that of `second`, in another part.
        second: (pairs,) rows.
        similarity: (pairs,) Jaccard similarity of their five-word runs, at least 0.8.
        complete: whether every pair was looked at.
    """

    folded: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float64]
    complete: bool

    def near_clusters(self) -> NDArray[np.int64]:
        """(rows,) equal numbers for rows that a chain of similar pairs connects."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        size = len(self.folded)
        ones = np.ones(len(self.first), dtype=np.int8)
        graph = coo_matrix((ones, (self.first, self.second)), shape=(size, size))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def find_alike(keys: Sequence[str], ids: Sequence[str], parts: NDArray[np.int64]) -> Alike:
    """The nearly equal texts; similar pairs only between rows of different `parts`.

    Of rows with one folded text and one part, the one with the least id stands for all, and equal
    texts make no pair: `folded` has those already.

    Args:
        keys: the folded key of each row's text.
        ids: of the rows.
        parts: (rows,) such as the rows' folds.
    """
    folded = numbered(keys)
    chosen = _standing(folded, ids, parts)
    chosen.sort(key=keys.__getitem__)  # stable: by key, then id
    at = np.array(chosen, dtype=np.int64)
    pairs = similar_pairs([keys[row] for row in chosen], parts[at])
    first, second = at[pairs.first], at[pairs.second]
    apart = folded[first] != folded[second]
    return Alike(folded, first[apart], second[apart], pairs.similarity[apart], pairs.complete)


def _standing(folded: NDArray[np.int64], ids: Sequence[str], parts: NDArray[np.int64]) -> list[int]:
    """The rows that stand for all of their folded text and part, in the order of ids."""
    by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    places = folded * (int(parts.max(initial=0)) + 1) + parts
    _, first = np.unique(places[by_id], return_index=True)
    standing: list[int] = by_id[np.sort(first)].tolist()
    return standing
