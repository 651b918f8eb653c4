from pathlib import Path

import pytest
from matplotlib.image import imread

from foldwise.tuning.curves import RateCurves
from foldwise.tuning.pictures import write_pictures
from tests.tuning.tiny_results import tiny_result

CURVES = RateCurves(["embeddings", "layer 0", "head"], {1: [0, 1e-5, 1e-3], 4: [1e-6, 2e-5, 1e-4]})


def test_all_four_pictures_are_drawn_the_same_each_time(tmp_path: Path) -> None:
    importances = {"rates.top": 0.7, "pooling.kind": 0.3}
    names = write_pictures(tmp_path, tiny_result(), importances, CURVES)
    assert names == ["history.png", "importances.png", "parallel.png", "rates.png"]
    before = {name: (tmp_path / name).read_bytes() for name in names}
    for name in names:
        assert imread(tmp_path / name).shape[:2] == (675, 1350)
    write_pictures(tmp_path, tiny_result(), importances, CURVES)
    assert {name: (tmp_path / name).read_bytes() for name in names} == before


@pytest.mark.parametrize("greater", [True, False])
def test_what_there_is_too_little_of_is_not_drawn(tmp_path: Path, greater: bool) -> None:
    one = tiny_result(trials=tiny_result().trials[:1], best=0, greater_is_better=greater)
    assert write_pictures(tmp_path, one, {}, None) == ["history.png"]
    none = tiny_result(trials=[], best=None)
    assert write_pictures(tmp_path, none, {}, None) == []
