"""The time that is left, judged by the cases that are done."""

from foldwise.kaggle.simulation.time_left import ROWS_OF_A_START, TimeLeft


def test_a_case_counts_by_its_rows_and_its_start() -> None:
    seconds = iter([0.0, 10.0, 10.0, 15.0, 100.0])
    clock = TimeLeft([0, 2 * ROWS_OF_A_START], now=lambda: next(seconds))
    assert clock.seconds() is None  # nothing is known yet
    clock.ended(0)  # after 10 seconds
    assert clock.seconds() == 30.0
    assert clock.seconds() == 25.0
    assert clock.seconds() == 0.0
