import time

import pytest

from foldwise.training.budget import TimeBudget


def test_no_limit_always_allows_another() -> None:
    assert TimeBudget(None).allows_another()


def test_nothing_is_begun_that_would_end_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    budget = TimeBudget(100)

    assert budget.allows_another()  # how long a fold takes is not known yet
    with budget.timed():
        clock[0] = 45.0
    assert budget.allows_another()  # 45 + 45 < 100
    with budget.timed():
        clock[0] = 60.0
    assert not budget.allows_another()  # 60 + 45 > 100


def test_a_spent_budget_begins_nothing() -> None:
    assert not TimeBudget(0).allows_another()
