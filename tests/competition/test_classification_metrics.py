"""Metrics of a classification at their edges: one label, certain mistakes, no distribution."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

from foldwise.competition.metrics import METRICS, score
from foldwise.errors import DataError

LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20)


@given(LABELS)
@settings(deadline=None)
def test_any_labels_score_as_in_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, guess = np.array(pairs).T
    targets, certain = truth[:, None].astype(np.float64), np.eye(4)[guess]
    assert METRICS["accuracy"].function(targets, certain) == pytest.approx(
        reference.accuracy_score(truth, guess)
    )
    # Labels that occur nowhere do not count; one that is never hit counts as 0.
    assert METRICS["macro_f1"].function(targets, certain) == pytest.approx(
        reference.f1_score(truth, guess, average="macro")
    )
    assume(len({*truth.tolist(), *guess.tolist()}) > 1)
    assert METRICS["qwk"].function(targets, certain) == pytest.approx(
        reference.cohen_kappa_score(truth, guess, weights="quadratic", labels=range(4))
    )


def test_one_label_alone_has_no_auc_and_no_kappa() -> None:
    targets, probabilities = np.zeros((3, 1)), np.tile([0.9, 0.1], (3, 1))
    with pytest.raises(DataError, match="auc needs rows of both labels, got one on all 3 rows"):
        score(METRICS["auc"], targets, probabilities)
    with pytest.raises(DataError, match="qwk needs two labels among targets and predictions"):
        score(METRICS["qwk"], targets, probabilities)


def test_auc_compares_two_labels() -> None:
    with pytest.raises(DataError, match="auc compares two labels, got 3; choose log_loss"):
        score(METRICS["auc"], np.zeros((2, 1)), np.full((2, 3), 1 / 3))


def test_log_loss_refuses_what_is_no_distribution() -> None:
    predictions = np.array([[0.5, 0.5], [0.9, 0.9], [1.5, -0.5]])
    with pytest.raises(DataError) as caught:
        score(METRICS["log_loss"], np.zeros((3, 1)), predictions)
    assert str(caught.value) == (
        "log_loss needs probabilities that sum to 1, but 2 rows do not, such as row 1, 2 counted "
        "from 0 with sums 1.8, 1.0; blend by mean, not by rank"
    )


def test_a_certain_mistake_costs_much_but_not_infinitely() -> None:
    wrong = np.array([[0.0, 1.0]])
    expected = reference.log_loss([0], wrong, labels=[0, 1])
    assert score(METRICS["log_loss"], np.zeros((1, 1)), wrong).value == pytest.approx(expected)
