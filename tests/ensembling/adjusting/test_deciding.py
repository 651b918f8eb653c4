import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.ensembling.adjusting.deciding import (
    cut,
    expected_position,
    made_most_probable,
    reweighted,
)


@given(st.integers(0, 10_000), st.integers(2, 6))
def test_the_decided_label_is_the_most_probable_one(seed: int, labels: int) -> None:
    random = np.random.default_rng(seed)
    table = random.dirichlet(np.full(labels, random.choice([0.01, 0.3, 3])), 20)
    table[0] = 1 / labels  # all alike
    table[1] = np.eye(labels)[0]  # certain
    decided = random.integers(0, labels, 20)
    found = made_most_probable(table, decided)
    np.testing.assert_array_equal(found.argmax(axis=1), decided)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found >= 0).all()


def test_where_the_decision_agrees_nothing_changes() -> None:
    table = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    np.testing.assert_array_equal(made_most_probable(table, table.argmax(axis=1)), table)


def test_labels_that_lose_keep_their_proportions() -> None:
    found = made_most_probable(np.array([[0.6, 0.3, 0.1]]), np.array([2]))[0]
    assert found[0] / found[1] == pytest.approx(2)
    assert found[2] - found[0] == pytest.approx(1e-6)


def test_the_expected_position_is_cut_into_labels() -> None:
    table = np.array([[1.0, 0, 0], [0.5, 0, 0.5], [0, 0, 1.0]])
    np.testing.assert_allclose(expected_position(table), [0, 1, 2])
    found = cut(table, np.array([0.2, 0.9]))
    assert found.argmax(axis=1).tolist() == [0, 2, 2]


def test_factors_weigh_labels_against_each_other() -> None:
    found = reweighted(np.array([[0.6, 0.4]]), np.array([1.0, 3.0]))
    np.testing.assert_allclose(found, [[0.6 / 1.8, 1.2 / 1.8]])
