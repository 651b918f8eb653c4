"""Pairs of texts that share four fifths of their five-word runs: found exactly, not by sampling.

Two sets with a Jaccard similarity of at least t share at least t of the larger one. So they share
an element among the first |x| - ceil(t |x|) + 1 of x in any common order; with the rare elements
first hardly anything is left to compare. Prefix filtering: Chaudhuri, Ganti & Kaushik 2006,
https://doi.org/10.1109/ICDE.2006.9; Bayardo, Ma & Srikant 2007,
https://doi.org/10.1145/1242572.1242591.
"""

import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WORDS = 5  # in a run (a shingle)
SIMILARITY = 0.8  # Jaccard
WINDOW = 64  # texts of one prefix shingle that each is compared with; bounds time and memory
CHUNK = 20_000  # pairs verified at once
SPLIT_AT_ONCE = 4_096  # texts; a word in a list takes 60 bytes, its hash 8
LOOKED_FOR_AT_ONCE = 1 << 20  # shingles; each takes 17 bytes meanwhile
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd: multiplication by it loses nothing modulo 2**64


class SimilarPairs(NamedTuple):
    """Pairs of positions with their Jaccard similarity; every field has one entry a pair.

    Attributes:
        first: (pairs,) positions, each smaller than its `second`.
        second: (pairs,) positions.
        similarity: (pairs,) in [0.8, 1].
        complete: False when so many texts are alike that each was compared with 64 of them only.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float64]
    complete: bool


class _Holdings(NamedTuple):
    """Which text holds which shingle: sorted by shingle, then text; each once."""

    text: NDArray[np.int64]
    shingle: NDArray[np.uint64]

    def where(self, keep: NDArray[np.bool_]) -> "_Holdings":
        return _Holdings(self.text[keep], self.shingle[keep])

    def runs(self) -> NDArray[np.int64]:
        """(holdings,) the number of each holding's shingle, ascending from 0."""
        if not len(self.text):
            return np.zeros(0, dtype=np.int64)
        return np.concatenate([[0], np.cumsum(self.shingle[1:] != self.shingle[:-1])])


def similar_pairs(texts: Sequence[str], parts: NDArray[np.int64]) -> SimilarPairs:
    """All pairs of `texts` (folded, distinct) of different `parts` that are similar.

    Texts of fewer than five words have no shingle, so no pair: whether they are alike is decided
    by equality. Where more than 64 texts are alike, the neighbours in the given order are compared,
    so give the texts in an order of their content.

    Args:
        texts: words separated by blanks.
        parts: (texts,) pairs within a part are not looked for.
    """
    shingles = _shingles(texts)
    sizes, holdings = shingles.sizes, _holdings(shingles)
    needed = np.ceil(SIMILARITY * sizes - 1e-9).astype(np.int64)
    shared = _shared(holdings, parts, needed)
    first, second, complete = _candidates(_prefixes(shared, needed), parts)
    large = np.maximum(sizes[first], sizes[second])
    fits = np.minimum(sizes[first], sizes[second]) >= SIMILARITY * large - 1e-9
    first, second = first[fits], second[fits]
    common = _overlaps(shared, first, second, len(texts))
    similarity = common / np.maximum(sizes[first] + sizes[second] - common, 1)
    alike = similarity >= SIMILARITY - 1e-9
    return SimilarPairs(first[alike], second[alike], similarity[alike], complete)


class _Shingles(NamedTuple):
    """The different shingles of each text, ascending; those of one text after those of another.

    Hashed by content, so that they depend on no order of texts.
    """

    sizes: NDArray[np.int64]
    hashes: NDArray[np.uint64]


class _WordHashes(dict[str, int]):
    """The hash of each word, computed when it is first met."""

    def __missing__(self, word: str) -> int:
        data = word.encode("utf-8", "surrogatepass")
        found = int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
        self[word] = found
        return found


def _shingles(texts: Sequence[str]) -> _Shingles:
    """The shingles of all texts; the words of only some texts at a time are in memory."""
    hash_of = _WordHashes()
    begins = range(0, len(texts), SPLIT_AT_ONCE)
    parts = [_different(texts[begin : begin + SPLIT_AT_ONCE], hash_of) for begin in begins]
    return _Shingles(
        np.concatenate([np.zeros(0, dtype=np.int64), *(part.sizes for part in parts)]),
        np.concatenate([np.zeros(0, dtype=np.uint64), *(part.hashes for part in parts)]),
    )


def _different(texts: Sequence[str], hash_of: _WordHashes) -> _Shingles:
    split = [text.split() for text in texts]
    lengths = np.fromiter(map(len, split), dtype=np.int64, count=len(texts))
    words = np.fromiter(
        map(hash_of.__getitem__, chain.from_iterable(split)),
        dtype=np.uint64,
        count=int(lengths.sum()),
    )
    text = np.repeat(np.arange(len(texts)), lengths)
    runs = max(len(words) - WORDS + 1, 0)
    shingle = np.zeros(runs, dtype=np.uint64)
    for k in range(WORDS):
        shingle = shingle * _FACTOR + words[k : k + runs]
    inside = text[:runs] == text[len(words) - runs :]
    text, shingle = text[:runs][inside], shingle[inside]
    order = np.lexsort((shingle, text))
    text, shingle = text[order], shingle[order]
    new = np.ones(len(text), dtype=np.bool_)
    new[1:] = (text[1:] != text[:-1]) | (shingle[1:] != shingle[:-1])
    return _Shingles(np.bincount(text[new], minlength=len(texts)), shingle[new])


def _holdings(shingles: _Shingles) -> _Holdings:
    """Which texts hold each shingle that more than one text holds: others can make no pair."""
    repeated = _repeated(shingles.hashes)
    at = _places_of(repeated, shingles.hashes)
    text = np.searchsorted(np.cumsum(shingles.sizes), at, side="right")
    shingle = shingles.hashes[at]
    order = np.argsort(shingle, kind="stable")  # stable: the texts of a shingle stay ascending
    return _Holdings(text[order], shingle[order])


def _repeated(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The values that occur more than once, ascending."""
    ordered = np.sort(values)
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def _places_of(wanted: NDArray[np.uint64], values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where any of the `wanted`, which ascend, stand in `values`; looked for in parts of them."""
    found = [np.zeros(0, dtype=np.int64)]
    for begin in range(0, len(values) if len(wanted) else 0, LOOKED_FOR_AT_ONCE):
        part = values[begin : begin + LOOKED_FOR_AT_ONCE]
        nearest = np.minimum(np.searchsorted(wanted, part), len(wanted) - 1)
        found.append(begin + np.flatnonzero(wanted[nearest] == part))
    return np.concatenate(found)


def _shared(holdings: _Holdings, parts: NDArray[np.int64], needed: NDArray[np.int64]) -> _Holdings:
    """The holdings that can make a pair: held in two parts, by texts that share enough."""
    while True:
        before = len(holdings.text)
        if not before:
            return holdings
        runs = holdings.runs()
        starts = np.flatnonzero(np.diff(runs, prepend=-1))
        part = parts[holdings.text]
        lowest = np.minimum.reduceat(part, starts)
        highest = np.maximum.reduceat(part, starts)
        holdings = holdings.where((lowest != highest)[runs])
        left = np.bincount(holdings.text, minlength=len(needed))
        holdings = holdings.where((left >= needed)[holdings.text])
        if len(holdings.text) == before:
            return holdings


def _prefixes(shared: _Holdings, needed: NDArray[np.int64]) -> _Holdings:
    """The rarest shared shingles of each text, as many as leave too few for a pair without them."""
    runs = shared.runs()
    held_by = np.bincount(runs)[runs] if len(runs) else runs
    order = np.lexsort((shared.shingle, held_by, shared.text))
    text = shared.text[order]
    rank = np.arange(len(text)) - np.searchsorted(text, text)
    left = np.bincount(text, minlength=len(needed))
    within = rank < (left - needed + 1)[text]
    keep = np.zeros(len(text), dtype=np.bool_)
    keep[order[within]] = True
    return shared.where(keep)


class _Candidates(NamedTuple):
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    complete: bool


def _candidates(prefixes: _Holdings, parts: NDArray[np.int64]) -> _Candidates:
    """The pairs of texts that share a prefix shingle, each once."""
    runs, text = prefixes.runs(), prefixes.text
    base = max(len(parts), 1)
    found = [np.zeros(0, dtype=np.int64)]
    complete = not (runs[WINDOW + 1 :] == runs[: -WINDOW - 1]).any()
    for step in range(1, min(WINDOW, max(len(text) - 1, 0)) + 1):
        same = runs[step:] == runs[:-step]
        if not same.any():
            break
        one, other = text[:-step][same], text[step:][same]
        apart = parts[one] != parts[other]
        found.append(np.unique(one[apart] * base + other[apart]))
    pairs = np.unique(np.concatenate(found))
    return _Candidates(pairs // base, pairs % base, complete)


def _overlaps(
    shared: _Holdings, first: NDArray[np.int64], second: NDArray[np.int64], texts: int
) -> NDArray[np.int64]:
    """(pairs,) how many shingles the two texts of each pair share."""
    from scipy.sparse import csr_matrix

    runs = shared.runs()
    shape = (texts, int(runs[-1]) + 1 if len(runs) else 1)
    held = csr_matrix((np.ones(len(runs), dtype=np.int64), (shared.text, runs)), shape=shape)
    common = np.zeros(len(first), dtype=np.int64)
    for start in range(0, len(first), CHUNK):
        at = slice(start, start + CHUNK)
        both = held[first[at]].multiply(held[second[at]])
        common[at] = np.asarray(both.sum(axis=1)).ravel()
    return common
