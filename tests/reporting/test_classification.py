from dataclasses import asdict, replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from foldwise.ensembling.recipe import Options
from foldwise.ensembling.record import Ensemble
from foldwise.paths import Project
from foldwise.reporting.calibration import share_error
from foldwise.reporting.classification import classification_block, draw_cells, shares_by
from foldwise.reporting.palette import BLUE
from foldwise.reporting.reported_run import read_runs
from foldwise.storage import write_json


def test_a_bin_in_which_all_rows_are_hits_is_not_certain() -> None:
    words = np.repeat([3.0, 8.0], 5)
    few, many = shares_by(words, np.array([1.0] * 5 + [1.0, 0.0, 1.0, 0.0, 1.0]))
    assert (few.mean, many.mean) == (1.0, 0.6)
    assert few.standard_error == pytest.approx(share_error(1.0, 5))
    assert few.standard_error > 0.1
    assert many.standard_error == pytest.approx(share_error(0.6, 5))


def test_an_ensemble_that_decides_by_thresholds_has_no_reliability_diagram(
    project: Project,
) -> None:
    (run,) = read_runs(project, ["labels"])
    options = Options(decision="thresholds")
    record = Ensemble("mean", ["labels", "other"], [0.5, 0.5], {}, options=options)
    folder = project.root / "decided"
    folder.mkdir()
    write_json(folder / "ensemble.json", asdict(record))
    assert "Reliability" in [plot.title for plot in classification_block(run).plots]
    block = classification_block(replace(run, folder=folder))
    assert "Reliability" not in [plot.title for plot in block.plots]
    assert block.facts == []
    assert "decided by a fitted threshold for each label" in block.sentences[0]


def test_only_cells_that_have_rows_are_drawn() -> None:
    axes = Figure().add_subplot()
    shares = np.eye(300)
    shares[0, 1] = 0.25
    draw_cells(axes, shares, BLUE)
    assert len(axes.patches) == 301
    assert (axes.get_xlim(), axes.get_ylim()) == ((-0.5, 299.5), (299.5, -0.5))
