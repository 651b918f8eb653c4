from itertools import combinations

import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.adjusting.cut_points import fit_cut_points
from foldwise.ensembling.adjusting.deciding import cut, expected_position
from tests.ensembling.problems import classification


@pytest.mark.parametrize("metric", ["qwk", "accuracy", "macro_f1"])
def test_cut_points_are_nearly_as_good_as_the_best_of_all(metric: str) -> None:
    problem = classification(60, metric=metric, seed=3)
    table, truth = problem.members[2], problem.targets[:, 0].astype(np.int64)
    found = fit_cut_points(table, truth, metric)
    score = METRICS[metric].function
    mine = score(problem.targets, cut(table, np.array(found)))
    positions = np.sort(expected_position(table))
    between = (positions[1:] + positions[:-1]) / 2
    best = max(
        score(problem.targets, cut(table, np.array(pair))) for pair in combinations(between, 2)
    )
    # coordinate ascent, on places at half-percent steps: not always the very best
    assert mine >= best - 0.03
    assert mine >= score(problem.targets, cut(table, np.array([0.5, 1.5])))


def test_cut_points_ascend() -> None:
    problem = classification(200, labels=5, metric="qwk")
    truth = problem.targets[:, 0].astype(np.int64)
    found = fit_cut_points(problem.members[0], truth, "qwk")
    assert len(found) == 4
    assert found == sorted(found)


def test_a_shift_of_all_positions_is_undone() -> None:
    """Members that never dare to say the highest label are cut lower."""
    truth = np.repeat([0, 1, 2], 40)
    position = truth * 0.5 + np.random.default_rng(0).normal(0, 0.05, 120).clip(-0.2, 0.2) + 0.2
    table = np.column_stack([1 - position / 2, np.zeros(120), position / 2])
    found = fit_cut_points(table, truth, "qwk")
    targets = truth[:, None].astype(np.float64)
    assert METRICS["qwk"].function(targets, cut(table, np.array(found))) == 1
