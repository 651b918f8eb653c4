"""A forest plot as a picture."""

import logging
import struct
from pathlib import Path

import pytest

from foldwise.comparing.picture import LOOKS, write_forest
from tests.comparing.tiny_ablations import FAILED, VARIANTS, ablation_of, variant

pytest.importorskip("matplotlib")


def size_of(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_the_picture_grows_with_the_variants(tmp_path: Path) -> None:
    assert write_forest(tmp_path / "few.png", ablation_of(*VARIANTS[:1]))
    assert write_forest(tmp_path / "more.png", ablation_of(*VARIANTS))
    (wide, low), (also_wide, high) = size_of(tmp_path / "few.png"), size_of(tmp_path / "more.png")
    assert wide == also_wide == 1350
    assert low < high < 2 * low


def test_the_same_ablation_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_forest(tmp_path / name, ablation_of(*VARIANTS))
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_names_are_drawn_as_they_are_and_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = ablation_of(variant("encoder.name=$HOME/a_b^{", 0.1, None), variant("b", 9.0, 0.1))
    with caplog.at_level(logging.WARNING):
        assert write_forest(tmp_path / "a.png", found)
    assert caplog.records == []


def test_better_and_worse_differ_in_shape_too() -> None:
    assert LOOKS["better"].marker != LOOKS["worse"].marker
    assert LOOKS["better"].filled != LOOKS["perhaps better"].filled


def test_nothing_compared_is_no_picture(tmp_path: Path) -> None:
    assert not write_forest(tmp_path / "a.png", ablation_of(FAILED))
    assert list(tmp_path.iterdir()) == []
