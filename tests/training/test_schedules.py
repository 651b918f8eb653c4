import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import SGD
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from foldwise.settings import Schedule
from foldwise.training.schedules import schedule_factor, scheduler

KINDS = st.sampled_from(["linear", "cosine", "constant"])
SCHEDULES = st.builds(Schedule, kind=KINDS, warmup=st.floats(0, 1))


def two_groups() -> SGD:
    """An optimizer of two layer groups, the second at a tenth of the first's rate."""
    first, second = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    return SGD([{"params": [first], "lr": 1e-3}, {"params": [second], "lr": 1e-4}])


@given(schedule=SCHEDULES, steps=st.integers(1, 300))
def test_every_step_learns_and_none_more_than_its_rate(schedule: Schedule, steps: int) -> None:
    factor = schedule_factor(schedule, steps)
    assert all(0 < factor(step) <= 1 for step in range(steps))


@given(schedule=SCHEDULES, steps=st.integers(1, 300))
def test_it_rises_over_the_warmup_and_never_after(schedule: Schedule, steps: int) -> None:
    factors = [schedule_factor(schedule, steps)(step) for step in range(steps)]
    warmup = round(schedule.warmup * steps)
    assert factors[:warmup] == sorted(factors[:warmup])
    assert factors[warmup:] == sorted(factors[warmup:], reverse=True)
    assert factors[warmup : warmup + 1] in ([], [1.0])


def test_linear_and_cosine_fall_as_the_reference_does() -> None:
    references = {
        "linear": get_linear_schedule_with_warmup(two_groups(), 0, 40),  # type: ignore[no-untyped-call]
        "cosine": get_cosine_schedule_with_warmup(two_groups(), 0, 40),
    }
    for kind, reference in references.items():
        ours = schedule_factor(Schedule(kind=kind, warmup=0), 40)
        theirs = reference.lr_lambdas[0]
        assert all(math.isclose(ours(step), theirs(step)) for step in range(40))


def test_constant_stays_after_the_warmup() -> None:
    factor = schedule_factor(Schedule(kind="constant", warmup=0.5), 4)
    assert [factor(step) for step in range(4)] == pytest.approx([1 / 3, 2 / 3, 1, 1])


def test_the_ratio_of_the_groups_rates_holds_at_every_step() -> None:
    optimizer = two_groups()
    schedule = scheduler(optimizer, Schedule(kind="cosine", warmup=0.2), 20, done=0)
    for _ in range(20):
        top, bottom = (group["lr"] for group in optimizer.param_groups)
        assert top / bottom == pytest.approx(10)
        optimizer.step()
        schedule.step()


@given(schedule=SCHEDULES, steps=st.integers(1, 40), data=st.data())
def test_a_schedule_goes_on_where_it_was(
    schedule: Schedule, steps: int, data: st.DataObject
) -> None:
    done = data.draw(st.integers(0, steps - 1))
    whole, resumed = two_groups(), two_groups()
    first = scheduler(whole, schedule, steps, done=0)
    for _ in range(done):
        whole.step()
        first.step()
    second = scheduler(resumed, schedule, steps, done=done)
    for _ in range(steps - done):
        # the very same digits, not nearly
        assert [g["lr"] for g in whole.param_groups] == [g["lr"] for g in resumed.param_groups]
        for optimizer, each in ((whole, first), (resumed, second)):
            optimizer.step()
            each.step()
