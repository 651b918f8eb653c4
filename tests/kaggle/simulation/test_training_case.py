"""The limit that cuts a training short; whole sessions are in test_simulating.py."""

import pytest

from foldwise.kaggle.simulation.training_case import other_limit


@pytest.mark.parametrize(
    ("state", "trained", "another"),
    [
        ("partial", True, None),  # cut in its training: as it should be
        ("complete", True, 30.0),  # it was done before the limit
        ("partial", False, 120.0),  # it had hardly begun
        ("failed", False, None),  # another limit would not help
        ("no report", False, None),
    ],
)
def test_the_first_session_is_cut_in_the_middle_of_its_training(
    state: str, trained: bool, another: float | None
) -> None:
    assert other_limit(60.0, state, trained=trained) == another
