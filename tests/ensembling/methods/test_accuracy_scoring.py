"""Accuracy of a growing blend, against counting labels."""

import numpy as np
import pytest

from foldwise.ensembling.methods.accuracy_scoring import AccuracyScoring


@pytest.mark.parametrize("labels", [1, 2, 5])
def test_votes_that_end_in_ties_are_counted_as_the_metric_counts_them(labels: int) -> None:
    random = np.random.default_rng(labels)
    votes = np.eye(labels)[random.integers(0, labels, (4, 300))]
    truth = random.integers(0, labels, 300)
    blend = AccuracyScoring(votes, truth).begin()
    inside: list[int] = []
    for member in random.integers(0, 4, 9).tolist():
        expected = [
            np.mean(votes[[*inside, i]].sum(axis=0).argmax(axis=1) == truth) for i in range(4)
        ]
        np.testing.assert_allclose(blend.with_each([0, 1, 2, 3]), expected)
        blend.add(member)
        inside.append(member)


def test_rows_that_stay_as_they_are_are_counted_too() -> None:
    random = np.random.default_rng(0)
    members = random.dirichlet(np.full(3, 0.3), (6, 400))
    truth = random.integers(0, 3, 400)
    blend = AccuracyScoring(members, truth).begin()
    for inside in range(1, 6):
        blend.add(inside - 1)
        expected = np.mean(members[: inside + 1].sum(axis=0).argmax(axis=1) == truth)
        assert blend.with_each([inside]) == pytest.approx([expected])
    assert 0 < blend._settled < 400
    assert len(blend._turning) < 300
