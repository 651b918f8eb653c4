"""The time of a session."""

import pytest

from foldwise.cli.options.of_kernels import HOURS_A_SESSION
from foldwise.errors import UsageError
from foldwise.kaggle.building.time_limit import (
    KAGGLE_SECONDS,
    checked_limit,
    in_words,
    notebook_seconds,
    shown,
)


@pytest.mark.parametrize("seconds", [1800.0, 9 * 3600.0, 12 * 3600.0])
def test_what_a_session_can_take_is_accepted(seconds: float) -> None:
    assert checked_limit(seconds) == seconds


@pytest.mark.parametrize(("seconds", "got"), [(1799.0, "29.98"), (90 * 3600.0, "90h")])
def test_another_time_is_refused_with_the_limits(seconds: float, got: str) -> None:
    with pytest.raises(UsageError, match=rf"is 30m \(15 minutes .* to 12h, .* got {got}"):
        checked_limit(seconds)


def test_a_quarter_of_an_hour_is_left_to_kaggle() -> None:
    assert notebook_seconds(3 * 3600.0) == 2.75 * 3600
    assert in_words(9000.0).startswith("A session may take 2.5h (`foldwise kernel build --max-t")


def test_a_time_is_shown_as_it_is_given() -> None:
    assert [shown(10.0), shown(3000.0), shown(9 * 3600.0)] == ["10s", "50m", "9h"]


def test_the_command_line_has_the_same_default() -> None:
    assert HOURS_A_SESSION * 3600 == KAGGLE_SECONDS
