import numpy as np

from foldwise.competition.rows import Rows
from foldwise.reporting.drift import WORDS, drift

COMMON = [f"word{i}" for i in range(40)]


def rows(count: int, seed: int, extra: str = "") -> Rows:
    rng = np.random.default_rng(seed)
    texts = [(" ".join([*rng.choice(COMMON, 8), extra]),) for _ in range(count)]
    return Rows(tuple(f"{seed}-{i}" for i in range(count)), tuple(texts), np.arange(count))


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
