"""Texts that stand more than once: in the training file, or in both files."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.rows import Rows

Text = tuple[str, ...]


@dataclass(frozen=True)
class Duplicates:
    """Texts that stand more than once.

    Attributes:
        texts: different training texts that stand in several training rows.
        rows: training rows whose text stands in another training row too.
        conflicts: the ids of each set of training rows with one text and different targets.
        in_test: ids of test rows whose text stands in the training file.
    """

    texts: int
    rows: int
    conflicts: tuple[tuple[str, ...], ...]
    in_test: tuple[str, ...]


def find_duplicates(
    train: Rows, test: Rows, key: Callable[[Text], Text] = lambda text: text
) -> Duplicates:
    """The duplicates among rows whose texts have the same `key`; by default, equal texts."""
    rows_of: dict[Text, list[int]] = {}
    for i, text in enumerate(train.texts):
        rows_of.setdefault(key(text), []).append(i)
    repeated = [rows for rows in rows_of.values() if len(rows) > 1]
    conflicts = [
        tuple(train.ids[i] for i in rows) for rows in repeated if _conflict(train.targets, rows)
    ]
    pairs = zip(test.ids, test.texts, strict=True)
    in_test = [name for name, text in pairs if key(text) in rows_of]
    return Duplicates(len(repeated), sum(map(len, repeated)), tuple(conflicts), tuple(in_test))


def _conflict(targets: NDArray[np.float64] | None, rows: list[int]) -> bool:
    return targets is not None and bool((targets[rows] != targets[rows[0]]).any())


def folded_text(text: Text) -> Text:
    """`text` in one case, with single spaces between its words."""
    return tuple(" ".join(part.casefold().split()) for part in text)
