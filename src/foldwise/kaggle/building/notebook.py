"""Notebooks as JSON: cells in, a file out that Jupyter and Kaggle run.

https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foldwise.storage import write_json

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Cell:
    """One cell: `name` becomes its id, so that the same cell has the same id in every build."""

    kind: Literal["markdown", "code"]
    name: str
    source: str


def write_notebook(path: Path, cells: Sequence[Cell]) -> None:
    """Write the notebook without outputs."""
    notebook = {
        "cells": [_as_json(cell) for cell in cells],
        "metadata": {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    write_json(path, notebook)


def _as_json(cell: Cell) -> dict[str, Any]:
    source = cell.source.strip("\n").splitlines(keepends=True)
    common = {"cell_type": cell.kind, "id": cell.name, "metadata": {}, "source": source}
    return common if cell.kind == "markdown" else {**common, "execution_count": None, "outputs": []}
