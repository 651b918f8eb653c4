"""The test rows of a case: the public ones, or hidden ones made of the competition's texts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from foldwise.competition.rows import Rows
from foldwise.kaggle.simulation.cases import TestKind

SHORT_ROWS = 40
HIDDEN_TIMES = 3  # the public test; but where that is large, its rows and some more show as much
HIDDEN_MORE = 500
HIDDEN_LEAST, HIDDEN_MOST = 300, 20_000
ODD_TEXTS = (
    "",
    " ",
    "?",
    "\U0001f600\U0001f44d\U0001f3fd\U0001f468‍\U0001f469‍\U0001f467",
    'He said "no, never".',
    "NA",
    "first line\nsecond line\r\nthird\ttabbed",
    "Καλημέρα κόσμε, 你好",
    "word " * 20_000,
)


@dataclass(frozen=True)
class CaseRows:
    """Rows to be predicted.

    Attributes:
        ids: in the order of the test file.
        texts: one tuple a row, as many parts as the competition has text columns.
        sample_ids: the same ids, in the order of the sample submission.
    """

    ids: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    sample_ids: tuple[str, ...]


def rows_of_case(kind: TestKind, train: Rows, test: Rows, sample_ids: Sequence[str]) -> CaseRows:
    """The rows of a case.

    Args:
        kind: which.
        train: the competition's training rows.
        test: its public test rows.
        sample_ids: of its sample submission.
    """
    if kind == "public":
        return CaseRows(test.ids, test.texts, tuple(sample_ids))
    if kind == "short":
        ids = test.ids[:SHORT_ROWS]
        kept = set(ids)
        return CaseRows(ids, test.texts[:SHORT_ROWS], tuple(x for x in sample_ids if x in kept))
    return _hidden(_hidden_size(kind, len(test.ids)), train, test)


def _hidden_size(kind: TestKind, public: int) -> int:
    sizes = {"empty": 0, "one row": 1}
    more = min(HIDDEN_TIMES * public, public + HIDDEN_MORE)
    return sizes.get(kind, min(max(more, HIDDEN_LEAST), HIDDEN_MOST))


def _hidden(size: int, train: Rows, test: Rows) -> CaseRows:
    """A test of `size` rows with new ids in no order; the odd texts are among them if it has room.

    The same competition always gets the same rows.
    """
    chance = random.Random(size)  # noqa: S311 - no secret
    known = [*train.texts, *test.texts]
    parts = len(known[0]) if known else 1
    odd = [(text,) * parts for text in ODD_TEXTS] if size > len(ODD_TEXTS) else []
    texts = [*odd, *chance.choices(known, k=size - len(odd))]
    chance.shuffle(texts)
    ids = [f"hidden{i:06d}" for i in range(size)]
    chance.shuffle(ids)
    sample_ids = list(ids)
    chance.shuffle(sample_ids)
    return CaseRows(tuple(ids), tuple(texts), tuple(sample_ids))
