from dataclasses import replace

import numpy as np

from foldwise.competition.rows import Rows
from foldwise.reporting.drift import DEALS, WORDS, drift

COMMON = [f"word{i}" for i in range(40)]


def rows(count: int, seed: int, extra: str = "") -> Rows:
    rng = np.random.default_rng(seed)
    texts = [(" ".join([*rng.choice(COMMON, 8), extra]),) for _ in range(count)]
    return Rows(tuple(f"{seed}-{i}" for i in range(count)), tuple(texts), np.arange(count))


def documents(numbers: range, extra: str = "") -> Rows:
    """Ten rows of each document, which has words of its own."""
    texts, groups = [], []
    for number in numbers:
        rng = np.random.default_rng(number)
        own = [f"own{i}" for i in rng.choice(500, 6, replace=False)]
        for _ in range(10):
            texts.append((" ".join([*rng.choice(COMMON, 6), *rng.choice(own, 3), extra]),))
            groups.append(f"document {number}")
    ids = tuple(f"{numbers.start}-{i}" for i in range(len(texts)))
    return Rows(ids, tuple(texts), np.arange(len(texts)), groups=tuple(groups))


def test_documents_dealt_at_random_are_not_told_apart() -> None:
    found = drift(documents(range(40)), documents(range(40, 60)))
    assert found is not None
    assert found.auc.value - 0.5 > 4 * (found.auc.standard_error or 1.0)  # documents are told apart
    assert found.baseline.auc - 0.5 > 0.1  # and as well where they were dealt
    assert (found.is_noise, found.baseline.deals) == (True, DEALS)


def test_documents_of_another_kind_are_told_apart() -> None:
    found = drift(documents(range(40)), documents(range(40, 60), extra="other"))
    assert found is not None
    assert (found.is_noise, found.of_test[0]) == (False, "other")


def test_one_document_cannot_be_dealt() -> None:
    train = documents(range(40))
    alone = replace(train, groups=("all",) * len(train))
    assert drift(alone, documents(range(40, 60))) is None


def test_copies_of_texts_are_no_difference() -> None:
    train, test = (rows(60, seed) for seed in (1, 2))
    copied = [each.take(list(range(60)) * 4) for each in (train, test)]
    found = drift(*copied)
    assert found is not None
    assert (found.rows, found.is_noise) == ((60, 60), True)


def test_texts_of_one_kind_are_not_told_apart() -> None:
    found = drift(rows(300, seed=1), rows(200, seed=2))
    assert found is not None
    assert found.is_noise
    assert found.rows == (300, 200)


def test_texts_of_another_kind_are_told_apart_by_the_words_that_differ() -> None:
    found = drift(rows(150, seed=1, extra="train"), rows(150, seed=2, extra="other"))
    assert found is not None
    assert found.auc.value > 0.99
    assert not found.is_noise
    assert found.of_train[0] == "train"
    assert found.of_test[0] == "other"
    assert len(found.of_test) == WORDS


def test_too_few_rows_or_no_words_in_two_texts_tell_nothing() -> None:
    assert drift(rows(300, seed=1), rows(49, seed=2)) is None
    nothing = Rows(tuple(map(str, range(60))), (("",),) * 60, np.arange(60))
    assert drift(nothing, nothing) is None
