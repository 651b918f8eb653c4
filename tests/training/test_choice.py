"""Which evaluation predicts a fold's rows."""

import numpy as np
import torch

from foldwise.competition.metrics import metric_named
from foldwise.training.choice import Choice, Floats, consider, cross_fitted


def chosen(metric: str, targets: Floats, looks: Floats, second: list[bool]) -> Floats:
    """(rows,) what is left after all (looks, rows) evaluations."""
    choices = (Choice(), Choice())
    half = np.array(second)
    for step, predicted in enumerate(looks, start=1):
        outputs = torch.from_numpy(predicted)[:, None]
        named = metric_named(metric, "regression")
        consider(choices, half, named, targets[:, None], predicted[:, None], outputs, step)
    return np.asarray(cross_fitted(choices, half).numpy()[:, 0])


def test_each_half_is_predicted_by_what_the_other_half_chose() -> None:
    targets = np.zeros(4)
    looks = np.array([[0.1, 0.1, 5.0, 5.0], [3.0, 3.0, 0.2, 0.2]])  # each is good on one half
    # the first half chose the first look, which predicts the second half, and the other way round
    expected = [3.0, 3.0, 5.0, 5.0]
    assert chosen("rmse", targets, looks, [False, False, True, True]).tolist() == expected


def test_of_equal_evaluations_the_first_is_taken() -> None:
    looks = np.array([[1.0, 1.0], [-1.0, -1.0]])
    assert chosen("rmse", np.zeros(2), looks, [False, True]).tolist() == [1.0, 1.0]


def test_rows_that_cannot_choose_take_the_latest_evaluation() -> None:
    looks = np.array([[1.0, 1.0, 0.5], [2.0, 2.0, 2.0], [3.0, 3.0, 3.0]])
    alone = [False, False, False]  # one group: the second half is empty
    assert chosen("rmse", np.zeros(3), looks, alone).tolist() == [3.0, 3.0, 3.0]
    # the first half's targets are all equal, so that no correlation with them is defined
    targets = np.array([1.0, 1.0, 1.0, 2.0])
    looks = np.array([[0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]])
    left = chosen("pearson", targets, looks, [False, False, True, True])
    assert left.tolist() == [0.0, 1.0, 1.0, 0.0]


def test_an_evaluation_without_a_score_does_not_undo_a_choice() -> None:
    targets = np.array([1.0, 2.0, 1.0, 2.0])
    # the second look predicts the same for all rows, so that it correlates with nothing
    looks = np.array([[1.0, 2.0, 1.0, 2.0], [5.0, 5.0, 5.0, 5.0]])
    left = chosen("pearson", targets, looks, [False, False, True, True])
    assert left.tolist() == [1.0, 2.0, 1.0, 2.0]


def test_a_half_chooses_nothing_after_its_patience() -> None:
    choices = (Choice(), Choice())
    second = np.array([False, True])
    metric = metric_named("rmse", "regression")
    # the first half waits for one evaluation alone; the second goes on getting better
    looks = [[2.0, 4.0], [3.0, 3.0], [0.0, 2.0], [0.0, 1.0]]
    for step, predicted in enumerate(np.array(looks)[:, :, None], start=1):
        outputs = torch.from_numpy(predicted)
        consider(choices, second, metric, np.zeros((2, 1)), predicted, outputs, step, patience=1)
    assert [(choice.step, choice.score, choice.stale) for choice in choices] == [
        (1, 2.0, 1),
        (4, 1.0, 0),
    ]


def test_choosing_on_the_rows_that_are_scored_is_optimistic_and_this_is_not() -> None:
    """Evaluations that differ by noise alone: none is better, and no choice may look so."""
    rng = np.random.default_rng(0)
    rows, looks, repeats = 100, 8, 400
    usual, honest = [], []
    for _ in range(repeats):
        targets = np.zeros(rows)
        predicted = rng.normal(size=(looks, rows))
        errors = np.sqrt(np.square(predicted).mean(axis=1))
        second = [row % 2 == 1 for row in range(rows)]
        usual.append(errors.min())
        honest.append(np.sqrt(np.square(chosen("rmse", targets, predicted, second)).mean()))
    noise = np.std(honest) / np.sqrt(repeats)
    # the root of a mean of squares is below one by a quarter of the variance of a square over rows
    truth = 1 - 1 / (4 * rows)
    assert abs(np.mean(honest) - truth) < 3 * noise
    assert np.mean(usual) < truth - 20 * noise
