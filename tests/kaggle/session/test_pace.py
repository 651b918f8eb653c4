import pytest

from foldwise.kaggle.session import pace as pace_module
from foldwise.kaggle.session.pace import Pace, sessions_left
from foldwise.training.progress import Progress


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace_module, "time", clock)
    return clock


def test_a_step_takes_the_time_between_the_first_and_the_last_moment(clock: Clock) -> None:
    pace = Pace()
    for now, fold, done in [(0, 0, 10), (5, 1, 0), (20, 0, 20), (25, 1, 5)]:
        clock.now = now
        pace(Progress(fold, "train", done, 100))
    assert pace.seconds_per_step() == pytest.approx((20 + 20) / (10 + 5))
    assert pace.steps_left({0, 1}) == 80 + 95
    assert pace.steps_left({0, 2}) == 80 + 100  # one that was not seen is as long as the others


def test_the_pace_of_a_training_that_did_no_step_is_unknown(clock: Clock) -> None:
    pace = Pace()
    pace(Progress(0, "freeze", 1, 9))
    assert pace.seconds_per_step() is None
    assert sessions_left(10, None, 100, 1) is None


@pytest.mark.parametrize(
    ("steps", "processes", "sessions"),
    [(0, 1, 0), (1, 1, 1), (100, 1, 2), (101, 1, 3), (101, 2, 2)],
)
def test_sessions_are_counted_whole(steps: int, processes: int, sessions: int) -> None:
    assert sessions_left(steps, 2.0, 100.0, processes) == sessions
