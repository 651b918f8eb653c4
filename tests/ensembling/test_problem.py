import numpy as np

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.problem import Problem
from tests.ensembling.problems import classification, regression


def test_the_wanted_outputs_of_a_class_are_one_for_it() -> None:
    targets = np.array([[2.0], [0.0]])
    problem = Problem(np.full((1, 2, 3), 1 / 3), targets, np.arange(2), METRICS["accuracy"])

    assert problem.wanted().tolist() == [[0, 0, 1], [1, 0, 0]]


def test_the_wanted_outputs_of_a_regression_are_its_targets() -> None:
    problem = regression()
    assert problem.wanted() is problem.targets


def test_some_rows_are_those_rows_of_everything() -> None:
    problem = classification()
    grouped = Problem(
        problem.members,
        problem.targets,
        problem.folds,
        problem.metric,
        tuple(f"g{i // 4}" for i in range(120)),
    )
    part = grouped.at(grouped.folds == 1)
    np.testing.assert_array_equal(part.members, problem.members[:, 1::3])
    np.testing.assert_array_equal(part.targets, problem.targets[1::3])
    assert set(part.folds) == {1}
    assert part.groups is not None
    assert part.groups[:3] == ("g0", "g1", "g1")


def test_some_members_are_in_the_order_asked_for() -> None:
    problem = regression()
    np.testing.assert_array_equal(problem.of([2, 0]).members, problem.members[[2, 0]])
