import numpy as np
import pytest

from foldwise.training.collapse import has_collapsed, prediction_spread, rates_of_attempt


def test_the_spread_is_a_share_of_the_targets_own() -> None:
    targets = np.array([[0.0], [2.0], [4.0]])
    assert prediction_spread("regression", targets, targets) == 1.0
    assert prediction_spread("regression", targets / 10, targets) == pytest.approx(0.1)
    # one target that is still told apart is no collapse
    two = np.hstack([targets, targets])
    assert prediction_spread("regression", two * [1.0, 0.0], two) == 1.0


def test_equal_predictions_have_no_spread() -> None:
    constant = np.full((5, 3), 1 / 3)
    labels = np.arange(5.0)[:, None] % 3
    assert prediction_spread("classification", constant, labels) == 0.0
    assert prediction_spread("regression", np.full((5, 1), 7.0), labels) == 0.0


def test_targets_that_are_all_equal_do_not_divide_by_zero() -> None:
    assert prediction_spread("regression", np.array([[1.0], [3.0]]), np.ones((2, 1))) == 1.0


@pytest.mark.parametrize(
    ("spread", "step", "collapse_steps", "expected"),
    [
        (0.0, 100, 50, True),
        (1e-4, 50, 50, True),
        (0.0, 49, 50, False),  # too early to tell
        (0.01, 100, 50, False),  # it still tells texts apart
        (0.0, 100, 0, False),  # not looked for
    ],
)
def test_constant_predictions_are_a_collapse_from_a_step_on(
    spread: float, step: int, collapse_steps: int, expected: bool
) -> None:
    assert has_collapsed(spread, step, collapse_steps) is expected


def test_each_new_beginning_halves_the_rates() -> None:
    assert [rates_of_attempt(n) for n in range(3)] == [1.0, 0.5, 0.25]
