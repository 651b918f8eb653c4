import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foldwise.ensembling.spaces import (
    SMALLEST,
    as_probabilities,
    from_ranks,
    logarithms,
    quantiles_of,
    softmax,
    to_ranks,
)


def test_two_labels_logarithms_differ_by_the_logit() -> None:
    logs = logarithms(np.array([[0.2, 0.8]]))
    np.testing.assert_allclose(logs[0, 1] - logs[0, 0], np.log(0.8 / 0.2))


def test_a_certain_member_has_a_finite_logarithm() -> None:
    np.testing.assert_allclose(logarithms(np.array([[0.0, 1.0]])), [[np.log(SMALLEST), 0.0]])


def test_softmax_undoes_logarithms() -> None:
    table = np.random.default_rng(0).dirichlet(np.ones(4), 20)
    np.testing.assert_allclose(softmax(logarithms(table)), table, rtol=1e-12)


def test_what_is_negative_becomes_nothing_and_rows_sum_to_one() -> None:
    found = as_probabilities(np.array([[-1.0, 1.0, 3.0], [-1.0, -2.0, 0.0]]))
    np.testing.assert_allclose(found, [[0, 0.25, 0.75], [1 / 3, 1 / 3, 1 / 3]])


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50), st.integers(0, 1000))
def test_ranks_keep_the_order_and_stay_between_zero_and_one(values: list[float], seed: int) -> None:
    learned = quantiles_of(np.random.default_rng(seed).normal(size=100) * 1e5)
    ranks = to_ranks(np.sort(np.array(values)), learned)
    assert (np.diff(ranks) >= 0).all()
    assert ranks.min() >= 0
    assert ranks.max() <= 1


def test_ranks_are_the_shares_below() -> None:
    values = np.random.default_rng(1).normal(size=5000)
    ranks = to_ranks(values, quantiles_of(values))
    expected = values.argsort().argsort() / 4999
    np.testing.assert_allclose(ranks, expected, atol=2e-3)


def test_equal_values_share_the_middle_of_their_ranks() -> None:
    learned = quantiles_of(np.array([0.0] * 50 + [1.0] * 50))
    np.testing.assert_allclose(to_ranks(np.array([0.0, 1.0]), learned), [0.25, 0.75], atol=0.01)


def test_the_value_at_a_rank_undoes_the_rank() -> None:
    values = np.random.default_rng(2).normal(size=400)
    learned = quantiles_of(values)
    np.testing.assert_allclose(from_ranks(to_ranks(values, learned), learned), values, atol=1e-9)
