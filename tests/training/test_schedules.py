import itertools
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import OneCycleLR
from transformers import (
    get_cosine_schedule_with_warmup,
    get_cosine_with_hard_restarts_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

from foldwise.settings import Schedule
from foldwise.training.schedules import Scheduler, beta1_of, schedule_factor, warmup_length

KINDS = ("linear", "cosine", "polynomial", "constant", "one_cycle", "slanted")
SCHEDULES = st.builds(
    Schedule,
    kind=st.sampled_from(KINDS),
    warmup=st.floats(0, 1),
    warmup_steps=st.sampled_from([0, 0, 1, 7, 1000]),
    restarts=st.sampled_from([0, 0, 1, 2, 50]),
    end=st.sampled_from([0.0, 0.1, 1.0]),
    power=st.floats(0.1, 5.0),
    start=st.floats(0.001, 1.0),
    beta1_at_peak=st.floats(0.1, 0.99),
)
STEPS = st.integers(1, 300)
WITHOUT_RESTARTS = SCHEDULES.map(lambda s: s.model_copy(update={"restarts": 0}))


def factors(schedule: Schedule, steps: int) -> list[float]:
    factor = schedule_factor(schedule, steps)
    return [factor(step) for step in range(steps)]


def two_groups() -> AdamW:
    """An optimizer of two layer groups, the second at a tenth of the first's rate."""
    first, second = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1))
    groups: list[dict[str, Any]] = [
        {"params": [first], "lr": 1e-3},
        {"params": [second], "lr": 1e-4, "betas": (0.8, 0.99)},
    ]
    return AdamW(groups, betas=(0.9, 0.99))


@given(schedule=SCHEDULES, steps=STEPS)
def test_every_step_learns_and_none_more_than_its_rate(schedule: Schedule, steps: int) -> None:
    assert all(0 < factor <= 1 for factor in factors(schedule, steps))


@given(schedule=WITHOUT_RESTARTS, steps=STEPS)
def test_it_rises_over_the_warmup_and_never_after(schedule: Schedule, steps: int) -> None:
    found = factors(schedule, steps)
    warmup = min(warmup_length(schedule, steps), steps)
    assert found[:warmup] == sorted(found[:warmup])
    assert found[warmup:] == sorted(found[warmup:], reverse=True)
    assert found[warmup : warmup + 1] in ([], [1.0])


@given(schedule=WITHOUT_RESTARTS, steps=STEPS)
def test_it_never_jumps(schedule: Schedule, steps: int) -> None:
    warmup = warmup_length(schedule, steps)
    # the steepest part of half a cosine is pi / 2 times as steep as a line; a power, `power` times,
    # unless it falls most of the way in its last step
    rising, falling = (max(1, part) for part in (warmup, steps - warmup))
    steepness = math.pi / 2 * max(1.0, schedule.power)
    falls = steepness / falling + (falling**-schedule.power)
    for before, after in itertools.pairwise(factors(schedule, steps)):
        assert after - before <= math.pi / 2 / rising + 1e-9
        assert before - after <= falls + 1e-9


@given(schedule=SCHEDULES, steps=STEPS)
def test_the_end_is_approached_and_reached_only_after_the_last_step(
    schedule: Schedule, steps: int
) -> None:
    if warmup_length(schedule, steps) > steps:
        return  # it ends in the warm-up
    last = schedule_factor(schedule, steps)(steps)
    expected = {"constant": 1.0, "slanted": schedule.start}.get(schedule.kind, schedule.end)
    assert last == pytest.approx(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_warmup_longer_than_the_training_never_ends(kind: str) -> None:
    found = factors(Schedule.model_validate({"kind": kind, "warmup_steps": 10}), 4)
    assert found == sorted(found)
    assert found[-1] < 0.5
    if kind not in ("one_cycle", "slanted"):
        assert found == pytest.approx([1 / 11, 2 / 11, 3 / 11, 4 / 11])


def test_a_warmup_is_a_share_of_all_steps_or_so_many() -> None:
    assert warmup_length(Schedule(warmup=0.1), 64) == 6
    assert warmup_length(Schedule(warmup_steps=9), 64) == 9
    assert factors(Schedule(warmup_steps=3, kind="constant"), 5) == [0.25, 0.5, 0.75, 1.0, 1.0]


def test_linear_and_cosine_fall_as_the_reference_does() -> None:
    sgd = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    references = {
        "linear": get_linear_schedule_with_warmup(sgd, 0, 40),  # type: ignore[no-untyped-call]
        "cosine": get_cosine_schedule_with_warmup(sgd, 0, 40),
    }
    for kind, reference in references.items():
        ours = factors(Schedule.model_validate({"kind": kind, "warmup": 0}), 40)
        theirs = reference.lr_lambdas[0]
        assert ours == pytest.approx([theirs(step) for step in range(40)], abs=1e-12)


def test_cosine_is_half_a_wave_from_one_to_the_end() -> None:
    ours = factors(Schedule(kind="cosine", warmup=0.2, end=0.1), 50)
    expected = [0.1 + 0.45 * (1 + math.cos(math.pi * k / 40)) for k in range(40)]
    assert ours[10:] == pytest.approx(expected)


def test_polynomial_is_a_power_of_what_is_left() -> None:
    ours = factors(Schedule(kind="polynomial", warmup=0, power=3.0, end=0.5), 4)
    assert ours == pytest.approx([1.0, 0.5 + 0.5 * 0.75**3, 0.5 + 0.5 * 0.5**3, 0.5 + 0.5 / 64])


def test_restarts_fall_as_the_reference_does() -> None:
    sgd = SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    reference = get_cosine_with_hard_restarts_schedule_with_warmup(sgd, 0, 40, num_cycles=4)
    ours = factors(Schedule(kind="cosine", warmup=0, restarts=3), 40)
    theirs = reference.lr_lambdas[0]
    assert ours == pytest.approx([theirs(step) for step in range(40)], abs=1e-12)


@given(
    steps=st.integers(1, 200),
    restarts=st.integers(0, 20),
    kind=st.sampled_from(["linear", "cosine", "polynomial"]),
)
def test_each_cycle_falls_from_one_and_cycles_are_of_equal_length(
    steps: int, restarts: int, kind: str
) -> None:
    chosen = {"kind": kind, "warmup": 0.0, "restarts": restarts}
    found = factors(Schedule.model_validate(chosen), steps)
    begins = [step for step, factor in enumerate(found) if factor == 1.0]
    cycles = min(restarts + 1, steps)
    lengths = [after - before for before, after in itertools.pairwise([*begins, steps])]
    assert len(begins) == cycles
    assert max(lengths) - min(lengths) <= 1
    for begin, length in zip(begins, lengths, strict=True):
        alone = Schedule.model_validate({**chosen, "restarts": 0})
        assert found[begin : begin + length] == factors(alone, length)


def test_one_cycle_is_torch_s() -> None:
    steps, warmup, start, end = 40, 12, 0.05, 0.01
    chosen = Schedule(
        kind="one_cycle", warmup_steps=warmup, start=start, end=end, beta1_at_peak=0.85
    )
    optimizer, theirs = two_groups(), two_groups()
    theirs.param_groups[1]["betas"] = (0.9, 0.99)
    optimizer.param_groups[1]["betas"] = (0.9, 0.99)
    scheduler = Scheduler(optimizer, chosen, steps, done=0)
    # its last step is at the end itself, which ours has after the last step
    reference = OneCycleLR(
        theirs,
        max_lr=[1e-3, 1e-4],
        total_steps=steps + 1,
        pct_start=(warmup + 1) / (steps + 1),
        div_factor=1 / start,
        final_div_factor=start / end,
        base_momentum=0.85,
        max_momentum=0.9,
    )
    for _ in range(steps):
        for ours, other in zip(optimizer.param_groups, theirs.param_groups, strict=True):
            assert ours["lr"] == pytest.approx(other["lr"], rel=1e-9)
            assert ours["betas"] == pytest.approx(other["betas"], rel=1e-9)
        theirs.step()
        reference.step()
        scheduler.step()


def test_slanted_triangular_is_the_paper_s_equation() -> None:
    # https://arxiv.org/abs/1801.06146, equation 3
    steps, cut_frac, ratio = 80, 0.1, 32
    cut = math.floor(steps * cut_frac)
    expected = []
    for t in range(steps):
        p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
        expected.append((1 + p * (ratio - 1)) / ratio)
    ours = factors(Schedule(kind="slanted", warmup=cut_frac, start=1 / ratio), steps)
    assert ours == pytest.approx(expected)


@given(schedule=SCHEDULES, steps=STEPS, beta1=st.floats(0, 0.99))
def test_beta1_is_lowest_at_the_peak_of_one_cycle_and_constant_else(
    schedule: Schedule, steps: int, beta1: float
) -> None:
    schedule = schedule.model_copy(update={"restarts": 0})
    momentum = beta1_of(schedule, beta1, steps)
    found = [momentum(step) for step in range(steps)]
    if schedule.kind != "one_cycle":
        assert set(found) == {beta1}
        return
    low, high = sorted([beta1, schedule.beta1_at_peak])
    assert all(low - 1e-12 <= value <= high + 1e-12 for value in found)
    warmup = warmup_length(schedule, steps)
    if warmup < steps:
        assert found[warmup] == pytest.approx(schedule.beta1_at_peak)
    if warmup:
        assert found[0] == beta1


def test_groups_keep_their_own_beta1_and_beta2() -> None:
    optimizer = two_groups()
    chosen = Schedule(kind="one_cycle", warmup_steps=1, beta1_at_peak=0.7)
    scheduler = Scheduler(optimizer, chosen, 10, done=0)
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.99), (0.8, 0.99)]
    scheduler.step()
    for group in optimizer.param_groups:
        assert group["betas"] == pytest.approx((0.7, 0.99))


def test_a_schedule_without_one_cycle_leaves_the_betas_alone() -> None:
    optimizer = two_groups()
    Scheduler(optimizer, Schedule(), 10, done=3)
    assert [group["betas"] for group in optimizer.param_groups] == [(0.9, 0.99), (0.8, 0.99)]


def test_the_ratio_of_the_groups_rates_holds_at_every_step() -> None:
    optimizer = two_groups()
    schedule = Scheduler(optimizer, Schedule(kind="cosine", warmup=0.2), 20, done=0)
    for _ in range(20):
        top, bottom = (group["lr"] for group in optimizer.param_groups)
        assert top / bottom == pytest.approx(10)
        schedule.step()


def test_a_second_scheduler_of_an_optimizer_begins_at_the_peak_rates_again() -> None:
    optimizer = two_groups()
    for _ in range(2):
        Scheduler(optimizer, Schedule(kind="one_cycle", warmup=0.0), 10, done=9)
        assert optimizer.param_groups[0]["initial_lr"] == 1e-3
        assert optimizer.param_groups[0]["initial_beta1"] == 0.9


def rates_and_betas(optimizer: AdamW) -> list[tuple[float, tuple[float, float]]]:
    return [(group["lr"], group["betas"]) for group in optimizer.param_groups]


@given(schedule=SCHEDULES, steps=st.integers(1, 40), data=st.data())
def test_a_schedule_goes_on_where_it_was(
    schedule: Schedule, steps: int, data: st.DataObject
) -> None:
    done = data.draw(st.integers(0, steps - 1))
    whole, resumed = two_groups(), two_groups()
    first = Scheduler(whole, schedule, steps, done=0)
    for _ in range(done):
        first.step()
    second = Scheduler(resumed, schedule, steps, done=done)
    for _ in range(steps - done):
        # the very same digits, not nearly
        assert rates_and_betas(whole) == rates_and_betas(resumed)
        first.step()
        second.step()
