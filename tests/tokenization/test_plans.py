import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from foldwise.errors import UsageError
from foldwise.tokenization.plans import epoch_plan, padding_waste, prediction_plan

any_lengths = st.lists(st.integers(1, 600), max_size=120).map(lambda v: np.array(v, dtype=np.int64))
any_size = st.integers(1, 20)
any_budget = st.integers(1, 2000)
any_seed = st.lists(st.integers(0, 2**32), min_size=1, max_size=4)


def joined(plan: list[NDArray[np.int64]]) -> list[int]:
    return [int(row) for rows in plan for row in rows]


@given(any_lengths, any_size, any_budget, any_seed)
def test_an_epoch_has_every_text_exactly_once(
    lengths: NDArray[np.int64], size: int, budget: int, seed: list[int]
) -> None:
    plan = epoch_plan(lengths, size, budget, seed)
    assert sorted(row for batch in plan for row in joined(batch)) == list(range(len(lengths)))


@given(any_lengths, any_size, any_budget, any_seed)
def test_batches_differ_by_at_most_one_text(
    lengths: NDArray[np.int64], size: int, budget: int, seed: list[int]
) -> None:
    sizes = [len(joined(batch)) for batch in epoch_plan(lengths, size, budget, seed)]
    assert len(sizes) == -(-len(lengths) // size)
    assert max(sizes, default=0) <= size
    assert max(sizes, default=0) - min(sizes, default=0) <= 1


@given(any_lengths, any_size, any_budget, any_seed)
def test_micro_batches_stay_within_the_budget_or_hold_one_text(
    lengths: NDArray[np.int64], size: int, budget: int, seed: list[int]
) -> None:
    plans = [*epoch_plan(lengths, size, budget, seed), prediction_plan(lengths, budget)]
    for rows in (rows for plan in plans for rows in plan):
        assert len(rows) >= 1
        assert lengths[rows].max() * len(rows) <= budget or len(rows) == 1


@given(any_lengths, any_size, any_budget, any_seed)
def test_the_same_seed_makes_the_same_epoch(
    lengths: NDArray[np.int64], size: int, budget: int, seed: list[int]
) -> None:
    one, two = (epoch_plan(lengths, size, budget, seed) for _ in range(2))
    assert [[r.tolist() for r in b] for b in one] == [[r.tolist() for r in b] for b in two]


@given(any_lengths, any_budget)
def test_a_prediction_has_every_text_exactly_once_the_longest_first(
    lengths: NDArray[np.int64], budget: int
) -> None:
    order = joined(prediction_plan(lengths, budget))
    assert sorted(order) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) <= 0).all()


def test_the_epoch_of_a_seed_is_the_same_on_every_machine() -> None:
    # PCG64 and SeedSequence are stable by numpy's policy; a resumed run depends on it.
    plan = epoch_plan(np.array([5, 9, 7, 3, 5, 5], dtype=np.int64), 2, 100, (42, 0, 1))
    assert [joined(batch) for batch in plan] == [[5, 3], [4, 0], [1, 2]]


def test_another_epoch_has_other_batches_in_another_order() -> None:
    lengths = np.random.default_rng(0).integers(5, 60, 400).astype(np.int64)
    one, two = (epoch_plan(lengths, 16, 10_000, (42, 0, epoch)) for epoch in (0, 1))
    together = [{frozenset(joined(batch)) for batch in plan} for plan in (one, two)]
    assert len(together[0] & together[1]) <= 1
    means = [[lengths[joined(batch)].mean() for batch in plan] for plan in (one, two)]
    assert abs(np.corrcoef(means[0], means[1])[0, 1]) < 0.7  # not both from short to long


def test_equal_lengths_are_shuffled() -> None:
    lengths = np.full(64, 7, dtype=np.int64)
    plan = epoch_plan(lengths, 8, 1000, 1, jitter=0)
    assert sorted(joined(plan[0])) != list(range(min(joined(plan[0])), min(joined(plan[0])) + 8))


def test_jitter_wastes_little_and_random_order_much() -> None:
    lengths = np.random.default_rng(0).gamma(6, 5, 4000).astype(np.int64) + 3
    rows = np.random.default_rng(1).permutation(4000)

    def waste(jitter: float) -> float:
        plan = epoch_plan(lengths, 16, 100_000, 7, jitter=jitter)
        return padding_waste([micro for batch in plan for micro in batch], lengths)

    at_random = padding_waste([rows[i : i + 16] for i in range(0, 4000, 16)], lengths)
    assert waste(0) < 0.01 < waste(0.02) < 0.04
    assert at_random > 0.3


def test_padding_waste_is_the_share_of_padding() -> None:
    lengths = np.array([4, 2, 3], dtype=np.int64)
    assert padding_waste([np.array([0, 1]), np.array([2])], lengths) == pytest.approx(2 / 11)
    assert padding_waste([], lengths) == 0


def test_a_batch_of_no_texts_is_refused() -> None:
    lengths = np.array([3], dtype=np.int64)
    with pytest.raises(UsageError, match=r"training\.batch_size must be at least 1, got 0"):
        epoch_plan(lengths, 0, 10, 1)
    with pytest.raises(UsageError, match=r"training\.micro_batch_tokens must be at least 1, got 0"):
        prediction_plan(lengths, 0)
