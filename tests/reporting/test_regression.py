import re

import numpy as np
from matplotlib.axes import Axes

from foldwise.reporting.binned import binned
from foldwise.reporting.plot import Plot, drawn
from foldwise.reporting.regression import draw_density, told_between


def test_as_many_rows_as_samr_has_make_a_drawing_that_a_phone_can_show() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 156_060))

    def draw(axes: Axes) -> None:
        draw_density(axes, x, y)

    drawing = drawn(Plot("density", "Density", "Dense in the middle.", draw)).svg
    assert 100 < drawing.count("<use") < 2000  # a mark for each cell that has rows
    assert len(drawing) < 300_000
    # the fullest cell is opaque, and a single row is seen
    shades = [float(found) for found in re.findall(r"opacity: ([\d.]+)", drawing)]
    assert 0.12 <= min(shades) < 0.2
    assert drawing.count("<use") > len(shades)


def test_a_bin_of_one_row_has_no_error_to_tell() -> None:
    bins = binned(np.array([1.0, 2.0, 2.0]), np.array([0.5, 0.25, 0.75]))
    assert told_between(bins, "words", "error") == (
        "By words from 1 to 2 the error goes from 0.500 (one row) to 0.500 ± 0.250."
    )
