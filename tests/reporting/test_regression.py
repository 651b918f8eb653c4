import re

import numpy as np
from matplotlib.axes import Axes

from foldwise.reporting.plot import Plot, svg_of
from foldwise.reporting.regression import draw_density


def test_as_many_rows_as_samr_has_make_a_drawing_that_a_phone_can_show() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 156_060))

    def draw(axes: Axes) -> None:
        draw_density(axes, x, y)

    drawing = svg_of(Plot("density", "Density", "Dense in the middle.", draw))
    assert 100 < drawing.count("<use") < 2000  # a mark for each cell that has rows
    assert len(drawing) < 300_000
    # the fullest cell is opaque, and a single row is seen
    shades = [float(found) for found in re.findall(r"opacity: ([\d.]+)", drawing)]
    assert 0.12 <= min(shades) < 0.2
    assert drawing.count("<use") > len(shades)
