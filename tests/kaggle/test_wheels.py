"""The wheel installs and predicts on other Pythons and libraries: `make wheels`, with a network."""

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from foldwise.kaggle.building.wheel import write_wheel
from foldwise.paths import Project
from foldwise.pipeline.predicting import predict_texts
from tests.kaggle.wheel_matrix import ENVIRONMENTS, Environment

TEXTS = ("a good film", "an awful, boring story", "\U0001f600")
ROWS = (*TEXTS, "")  # on a command line a blank text is a mistake, in a file it is a row
INSTALLING = 1800  # seconds: gigabytes may be fetched and unpacked


@pytest.fixture
def python(environment: Environment, tmp_path: Path) -> Iterator[Path]:
    """The environment's own, which is removed afterwards: pytest keeps folders, of three runs."""
    if environment.skipped:
        pytest.skip(environment.skipped)
    try:
        yield environment.make(tmp_path / "venv", write_wheel(tmp_path))
    finally:
        shutil.rmtree(tmp_path / "venv", ignore_errors=True)


@pytest.mark.network
@pytest.mark.timeout(INSTALLING)
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)
def test_the_wheel_predicts_what_this_foldwise_does(
    made_once: Project, environment: Environment, python: Path, tmp_path: Path
) -> None:
    for run in ("words", "labels", *(("enc", "top") if environment.torch else ())):
        expected = predict_texts(made_once, run, list(map(str, ROWS)), [(row,) for row in ROWS])
        values = [pytest.approx(row, abs=1e-6) for row in expected.values.tolist()]
        assert predicted(python, made_once, run, TEXTS) == values[: len(TEXTS)]
        assert predicted(python, made_once, run, [str(file_of(ROWS, tmp_path))]) == values


def file_of(rows: tuple[str, ...], folder: Path) -> Path:
    """A test file of these texts."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *enumerate(rows)])
    return path


def predicted(python: Path, project: Project, run: str, words: Sequence[str]) -> list[list[float]]:
    """What `foldwise predict` says there, row by row."""
    own = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "FOLDWISE_ROOT"}}
    done = subprocess.run(
        [str(python), "-m", "foldwise", "predict", run, *words, "--json"],
        cwd=project.root,
        env=own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [list(row["outputs"].values()) for row in json.loads(done.stdout)]
