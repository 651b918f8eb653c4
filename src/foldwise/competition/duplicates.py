"""Texts that stand more than once: in the training file, or in both files."""

from collections.abc import Callable
from dataclasses import dataclass

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
    first: dict[Text, int] = {}
    repeated: dict[Text, list[int]] = {}
    for i, text in enumerate(map(key, train.texts)):
        before = first.setdefault(text, i)
        if before != i:  # lists only for the few texts that need one
            repeated.setdefault(text, [before]).append(i)
    sets = list(repeated.values())
    conflicts = [tuple(train.ids[i] for i in rows) for rows in sets if _conflict(train, rows)]
    pairs = zip(test.ids, map(key, test.texts), strict=True)
    in_test = [name for name, text in pairs if text in first]
    return Duplicates(len(sets), sum(map(len, sets)), tuple(conflicts), tuple(in_test))


def _conflict(train: Rows, rows: list[int]) -> bool:
    targets = train.targets
    return targets is not None and bool((targets[rows] != targets[rows[0]]).any())


def folded_text(text: Text) -> Text:
    """`text` in one case, with single spaces between its words."""
    return tuple(" ".join(part.casefold().split()) for part in text)
