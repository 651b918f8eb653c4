"""What misleads a score: texts in several folds or in the test set, and conflicting labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.rows import Rows
from foldwise.folds.alike import Alike, find_alike
from foldwise.folds.table import FoldTable
from foldwise.folds.texts import Text, exact_key, folded_key, numbered

SHOWN = 20
Key = TypeVar("Key", Text, str)


@dataclass(frozen=True)
class RepeatedText:
    """Training rows of one text that stand in several folds; fields have one entry a row."""

    ids: tuple[str, ...]
    folds: tuple[int, ...]


@dataclass(frozen=True)
class SimilarTexts:
    """Two training rows of different folds whose texts share most of their five-word runs."""

    ids: tuple[str, str]
    folds: tuple[int, int]
    similarity: float


@dataclass(frozen=True)
class ConflictingLabels:
    """Training rows of one text whose targets differ; fields have one entry a row."""

    ids: tuple[str, ...]
    targets: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class KnownTest:
    """A test row whose text also stands in the training file."""

    test_id: str
    train_ids: tuple[str, ...]
    exact: bool


@dataclass(frozen=True)
class Leaks:
    """All findings; each tuple is sorted by id.

    Attributes:
        equal: texts that stand in several folds.
        folded: texts that do so but for case, white space and punctuation; without the equal ones.
        similar: pairs of texts that are similar, but not equal once folded.
        conflicts: equal texts with different targets.
        known_test: test texts that stand in the training file, exactly or once folded.
        complete: False where so many texts are alike that not every similar pair was looked for.
    """

    equal: tuple[RepeatedText, ...]
    folded: tuple[RepeatedText, ...]
    similar: tuple[SimilarTexts, ...]
    conflicts: tuple[ConflictingLabels, ...]
    known_test: tuple[KnownTest, ...]
    complete: bool

    def as_json(self, shown: int = SHOWN) -> dict[str, Any]:
        """Every kind's count and its first `shown` findings."""
        return {
            "equal": _counted([vars(found) for found in self.equal], shown),
            "folded": _counted([vars(found) for found in self.folded], shown),
            "similar": _counted([vars(found) for found in self.similar], shown),
            "conflicts": _counted([vars(found) for found in self.conflicts], shown),
            "known_test": _counted([vars(found) for found in self.known_test], shown),
            "complete": self.complete,
        }

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each kind of which something was found."""
        exact = sum(found.exact for found in self.known_test)
        kinds = [
            (self.equal, "equal texts in several folds"),
            (self.folded, "texts in several folds that differ in case, space and punctuation only"),
            (
                self.similar,
                "pairs in different folds that share four fifths of their five-word runs",
            ),
            (self.conflicts, "equal texts with different targets"),
            (self.known_test, f"test texts that stand in the training file, {exact:,} exactly"),
        ]
        told = [f"{what}: {len(kind):,}" for kind, what in kinds if kind]
        cut = "so many texts are alike that not every similar pair was looked for"
        return (*told, *([] if self.complete else [cut]))


def _counted(findings: list[dict[str, Any]], shown: int) -> dict[str, Any]:
    return {"count": len(findings), "first": findings[:shown]}


def find_leaks(train: Rows, test: Rows, table: FoldTable) -> Leaks:
    """Everything suspicious about `train`, split by `table`, and `test`.

    Raises:
        DataError: a training row has no fold.
    """
    folds = table.for_rows(train)
    exact_keys = [exact_key(text) for text in train.texts]
    folded_keys = [folded_key(text) for text in train.texts]
    exact = numbered(exact_keys)
    alike = find_alike(folded_keys, train.ids, folds)
    equal = _repeated(exact, folds, train.ids)
    # rows of one folded text that are equal to each other within several folds are told above
    of_equal = {frozenset(found.ids) for found in equal}
    folded = _repeated(alike.folded, folds, train.ids)
    return Leaks(
        equal=equal,
        folded=tuple(found for found in folded if frozenset(found.ids) not in of_equal),
        similar=_similar(alike, folds, train.ids),
        conflicts=_conflicts(exact, train),
        known_test=_known_test(train.ids, exact_keys, folded_keys, test),
        complete=alike.complete,
    )


def _same(numbers: NDArray[np.int64], ids: Sequence[str]) -> list[list[int]]:
    """The rows of every number that occurs more than once; sorted by id, inside and out."""
    again = np.bincount(numbers)[numbers] > 1 if len(numbers) else np.zeros(0, dtype=np.bool_)
    rows_of: dict[int, list[int]] = {}
    for row in np.flatnonzero(again).tolist():
        rows_of.setdefault(int(numbers[row]), []).append(row)
    several = [sorted(rows, key=ids.__getitem__) for rows in rows_of.values()]
    return sorted(several, key=lambda rows: ids[rows[0]])


def _repeated(
    numbers: NDArray[np.int64], folds: NDArray[np.int64], ids: Sequence[str]
) -> tuple[RepeatedText, ...]:
    fold_of = folds.tolist()
    return tuple(
        RepeatedText(tuple(ids[i] for i in rows), tuple(fold_of[i] for i in rows))
        for rows in _same(numbers, ids)
        if len({fold_of[i] for i in rows}) > 1
    )


def _similar(
    alike: Alike, folds: NDArray[np.int64], ids: Sequence[str]
) -> tuple[SimilarTexts, ...]:
    fold_of = folds.tolist()
    found: list[SimilarTexts] = []
    pairs = zip(alike.first.tolist(), alike.second.tolist(), strict=True)
    for pair, similarity in zip(pairs, alike.similarity.tolist(), strict=True):
        one, other = sorted(pair, key=ids.__getitem__)
        found.append(
            SimilarTexts((ids[one], ids[other]), (fold_of[one], fold_of[other]), similarity)
        )
    return tuple(sorted(found, key=lambda pair: pair.ids))


def _conflicts(exact: NDArray[np.int64], train: Rows) -> tuple[ConflictingLabels, ...]:
    if train.targets is None:
        return ()
    targets = [tuple(row) for row in train.targets.tolist()]
    return tuple(
        ConflictingLabels(tuple(train.ids[i] for i in rows), tuple(targets[i] for i in rows))
        for rows in _same(exact, train.ids)
        if len({targets[i] for i in rows}) > 1
    )


def _known_test(
    ids: Sequence[str], exact: Sequence[Text], folded: Sequence[str], test: Rows
) -> tuple[KnownTest, ...]:
    test_exact = [exact_key(text) for text in test.texts]
    test_folded = [folded_key(text) for text in test.texts]
    exactly = _ids_by_key(ids, exact, set(test_exact))
    roughly = _ids_by_key(ids, folded, set(test_folded))
    found: list[KnownTest] = []
    for name, text, plain in zip(test.ids, test_exact, test_folded, strict=True):
        if known := exactly.get(text):
            found.append(KnownTest(name, tuple(sorted(known)), exact=True))
        elif known := roughly.get(plain):
            found.append(KnownTest(name, tuple(sorted(known)), exact=False))
    return tuple(sorted(found, key=lambda row: row.test_id))


def _ids_by_key(ids: Sequence[str], keys: Sequence[Key], wanted: set[Key]) -> dict[Key, list[str]]:
    ids_of: dict[Key, list[str]] = {}
    for name, key in zip(ids, keys, strict=True):
        if key in wanted:
            ids_of.setdefault(key, []).append(name)
    return ids_of
