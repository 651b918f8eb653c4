import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.folds import similar
from foldwise.folds.similar import WINDOW, similar_pairs

WORDS = st.lists(st.sampled_from("abc"), max_size=14).map(" ".join)


def runs_of_five(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def brute_force(texts: list[str], parts: list[int]) -> dict[tuple[int, int], float]:
    found = {}
    runs = [runs_of_five(text) for text in texts]
    for i in range(len(texts)):
        for j in range(i + 1, len(texts)):
            union = runs[i] | runs[j]
            similarity = len(runs[i] & runs[j]) / len(union) if union else 0.0
            if parts[i] != parts[j] and similarity >= 0.8:
                found[i, j] = similarity
    return found


@given(st.lists(st.tuples(WORDS, st.integers(0, 2)), max_size=25))
def test_exactly_the_pairs_of_a_comparison_of_all_with_all_are_found(
    rows: list[tuple[str, int]],
) -> None:
    texts, parts = [text for text, _ in rows], [part for _, part in rows]
    pairs = similar_pairs(texts, np.array(parts, dtype=np.int64))
    found = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    assert pairs.complete
    assert dict(zip(found, pairs.similarity.tolist(), strict=True)) == brute_force(texts, parts)


def test_one_word_changed_at_the_end_of_a_long_text_is_similar() -> None:
    words = [f"w{i}" for i in range(30)]
    texts = [" ".join(words), " ".join([*words[:-1], "other"]), " ".join(reversed(words))]
    pairs = similar_pairs(texts, np.arange(3))
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [1])
    assert pairs.similarity.tolist() == [25 / 27]  # 26 runs each, 25 of them shared


def test_pairs_within_a_part_are_not_looked_for() -> None:
    texts = ["a b c d e f g", "a b c d e f g", "a b c d e f g"]
    pairs = similar_pairs(texts, np.array([0, 0, 1]))
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(0, 2), (1, 2)]


def test_thousands_of_like_texts_are_bounded_and_said_to_be_incomplete() -> None:
    texts = ["the same boilerplate in every single row of this file"] * 3_000
    pairs = similar_pairs(texts, np.arange(3_000))
    assert not pairs.complete
    assert len(pairs.first) <= 3_000 * WINDOW
    # the chain still connects all of them
    assert set(pairs.first.tolist()) | set(pairs.second.tolist()) == set(range(3_000))


def test_no_texts_and_short_texts_make_no_pairs() -> None:
    assert len(similar_pairs([], np.zeros(0, dtype=np.int64)).first) == 0
    assert len(similar_pairs(["a b", "a b"], np.arange(2)).first) == 0


@given(texts=st.lists(WORDS, max_size=12), at_once=st.integers(1, 5))
def test_how_much_is_looked_at_at_once_changes_nothing(texts: list[str], at_once: int) -> None:
    parts = np.arange(len(texts))
    with pytest.MonkeyPatch.context() as patch:
        whole = similar_pairs(texts, parts)
        patch.setattr(similar, "SPLIT_AT_ONCE", at_once)
        patch.setattr(similar, "LOOKED_FOR_AT_ONCE", at_once)
        for expected, found in zip(whole, similar_pairs(texts, parts), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_word_takes_a_few_numbers_of_memory_and_no_string(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similar, "SPLIT_AT_ONCE", 256)
    random = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(2_000)])
    texts = [" ".join(words[random.integers(0, 2_000, size=25)]) for _ in range(5_000)]
    similar_pairs(texts[:9], np.arange(9) % 2)  # what is imported now counts for nothing
    tracemalloc.start()
    similar_pairs(texts, np.arange(len(texts)) % 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * 25 * len(texts)  # bytes; lists of words alone would take 60 each
