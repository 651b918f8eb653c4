import math

import pytest
from matplotlib.figure import Figure

from foldwise.tuning.parallel import NOT_READ, axes_of, axis_of, draw_parallel
from tests.tuning.tiny_results import tiny_result


def test_numbers_stand_between_the_least_and_the_greatest() -> None:
    axis = axis_of("rates.decay", [0.6, 1.0, 0.8])
    assert [axis.height(value) for value in (0.6, 0.8, 1.0)] == pytest.approx([0, 0.5, 1])


@pytest.mark.parametrize("high", [2e-4, 1e-2])
def test_a_range_searched_by_its_logarithm_has_such_an_axis_however_near_its_values_are(
    high: float,
) -> None:
    middle = math.sqrt(1e-4 * high)
    assert axis_of("rates.top", [1e-4, high], log=True).height(middle) == pytest.approx(0.5)
    assert axis_of("rates.top", [1e-4, high], log=False).height(middle) < 0.45


def test_the_axes_are_those_of_the_ranges_and_say_which_are_logarithmic() -> None:
    assert [axis.log for axis in axes_of(tiny_result(log_ranges=["rates.top"]))] == [True] + [
        False
    ] * 2
    axes = Figure().add_subplot()
    draw_parallel(axes, tiny_result(log_ranges=["rates.top"]))
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["rates.top (log)", "pooling.kind", "pooling.hidden"]
    assert "0.000173" in [text.get_text() for text in axes.texts]  # halfway from 1e-4 to 3e-4


def test_numbers_far_apart_stand_by_their_logarithm() -> None:
    assert axis_of("rates.top", [1e-5, 1e-3]).height(1e-4) == pytest.approx(0.5)


def test_choices_stand_evenly_and_what_is_not_read_below_all() -> None:
    axis = axis_of("pooling.kind", ["mean", "", "attention", "max"])
    assert [axis.height(v) for v in ("attention", "max", "mean", "")] == [0, 0.5, 1, NOT_READ]


def test_one_value_stands_in_the_middle() -> None:
    assert axis_of("rates.top", [3.0, 3.0]).height(3.0) == 0.5
