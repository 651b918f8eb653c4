"""The kernels in notebooks/ are what is built now."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from foldwise.kaggle.building.inference_notebook import inference_cells
from foldwise.kaggle.building.notebook import Cell, write_notebook
from foldwise.kaggle.building.training_notebook import training_cells
from foldwise.kaggle.package import Headline

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
HEADLINE = Headline("rmse", 1.2345, 0.1234, 1.2345, 1.2345, 7980)
BUILT = {
    "02-train.ipynb": training_cells(
        "movie-valence-minilm-train", "movie-valence-minilm", "Movie Valence", 4, 1
    ),
    "03-infer.ipynb": inference_cells(
        "movie-valence-infer", "movie-valence", "Movie Valence", HEADLINE
    ),
}


def without_scores(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with its decimal numbers in the first cell, the run's scores, masked."""
    first = notebook["cells"][0]
    first["source"] = [re.sub(r"\d+\.\d{4}", "0.0000", line) for line in first["source"]]
    return notebook


@pytest.mark.parametrize(("name", "cells"), BUILT.items())
def test_a_committed_kernel_is_what_is_built_now(
    name: str, cells: list[Cell], tmp_path: Path
) -> None:
    write_notebook(tmp_path / name, cells)
    built, committed = (
        without_scores(json.loads((folder / name).read_text(encoding="utf-8")))
        for folder in (tmp_path, NOTEBOOKS)
    )
    assert committed == built, "write them anew: python notebooks/kernels.py"


@pytest.mark.parametrize("name", BUILT)
def test_a_committed_kernel_has_no_outputs(name: str) -> None:
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []
