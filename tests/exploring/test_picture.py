"""Pictures for notebooks."""

from pathlib import Path
from typing import Any

import matplotlib.image
import pytest

from foldwise.exploring.picture import COLOURS, DOTS_AN_INCH, INCHES_WIDE, picture, styles


def test_a_picture_is_a_png_with_a_panel_for_each_drawing(tmp_path: Path) -> None:
    drawn: list[Any] = []
    made = picture(drawn.append, drawn.append, height=2)
    path = tmp_path / "p.png"
    path.write_bytes(made._repr_png_())
    pixels = matplotlib.image.imread(path)
    assert pixels.shape[:2] == (2 * DOTS_AN_INCH, INCHES_WIDE * DOTS_AN_INCH)
    left, right = drawn
    assert left.get_position().x1 < right.get_position().x0


def test_no_window_or_global_figure_is_left() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    before = pyplot.get_fignums()
    picture(lambda axes: axes.plot([1, 2]))
    assert pyplot.get_fignums() == before


def test_styles_differ_and_begin_again_where_there_are_many() -> None:
    found = styles(len(COLOURS) + 1)
    assert len(set(found)) == len(COLOURS)
    assert found[0] == found[-1]
    assert len({marker for _, marker in found}) == len(COLOURS)
