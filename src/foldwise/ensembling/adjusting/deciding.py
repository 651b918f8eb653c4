"""Which label: expressed in the probabilities, so that everyone who takes the most probable agrees.

A decision by thresholds or cut points is written into the table itself. Scores, submissions and
predictions take the most probable label, as of any other run: no second place decides.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
MARGIN = 1e-6  # by which a decided label is ahead of the next


def expected_position(probabilities: Floats) -> Floats:
    """(rows,) the mean position, from 0, of ordered labels."""
    return np.asarray((probabilities * np.arange(probabilities.shape[1])).sum(axis=1))


def cut(probabilities: Floats, cut_points: Floats) -> Floats:
    """(rows, labels) with that label most probable whose cut points enclose the row's position."""
    labels = np.searchsorted(cut_points, expected_position(probabilities), side="right")
    return made_most_probable(probabilities, labels.astype(np.int64))


def reweighted(probabilities: Floats, factors: Floats) -> Floats:
    """(rows, labels) multiplied by each label's factor, and summing to 1 again.

    A factor is one over the label's threshold: the most probable label is the one that exceeds its
    threshold by the largest ratio.
    """
    weighted = probabilities * factors
    return np.asarray(weighted / weighted.sum(axis=1, keepdims=True))


def made_most_probable(probabilities: Floats, labels: Indices) -> Floats:
    """(rows, labels) changed as little as makes `labels` (rows,) the most probable ones.

    Where another label leads, all probabilities shrink in proportion, and what is freed goes to the
    decided label, until it is ahead by a millionth.
    """
    rows = np.arange(len(probabilities))
    mine = probabilities[rows, labels]
    others = probabilities.copy()
    others[rows, labels] = -np.inf
    behind = others.max(axis=1) - mine
    # (1 - share) * mine + share = (1 - share) * other + MARGIN, solved for the share
    trails = behind > -MARGIN
    share = np.divide(behind + MARGIN, 1 + behind, out=np.zeros_like(behind), where=trails)
    changed = probabilities * (1 - share)[:, None]
    changed[rows, labels] += share
    return np.asarray(changed)
