import pytest

from foldwise.tuning.parallel import NOT_READ, axis_of


def test_numbers_stand_between_the_least_and_the_greatest() -> None:
    axis = axis_of("rates.decay", [0.6, 1.0, 0.8])
    assert [axis.height(value) for value in (0.6, 0.8, 1.0)] == pytest.approx([0, 0.5, 1])


def test_numbers_far_apart_stand_by_their_logarithm() -> None:
    assert axis_of("rates.top", [1e-5, 1e-3]).height(1e-4) == pytest.approx(0.5)


def test_choices_stand_evenly_and_what_is_not_read_below_all() -> None:
    axis = axis_of("pooling.kind", ["mean", "", "attention", "max"])
    assert [axis.height(v) for v in ("attention", "max", "mean", "")] == [0, 0.5, 1, NOT_READ]


def test_one_value_stands_in_the_middle() -> None:
    assert axis_of("rates.top", [3.0, 3.0]).height(3.0) == 0.5
