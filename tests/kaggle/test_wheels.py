"""The wheel installs and predicts on other Pythons and libraries: `make wheels`, with a network."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from foldwise.kaggle.building.wheel import write_wheel
from foldwise.paths import Project
from foldwise.pipeline.predicting import predict_texts
from tests.kaggle.wheel_matrix import ENVIRONMENTS, Environment

TEXTS = ("a good film", "an awful, boring story", "", "\U0001f600")


@pytest.mark.network
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)
def test_the_wheel_predicts_what_this_foldwise_does(
    made_once: Project, environment: Environment, tmp_path: Path
) -> None:
    program = environment.found()
    if program is None:
        pytest.skip(f"there is no Python {environment.python} on this machine")
    python = environment.make(tmp_path / "venv", write_wheel(tmp_path), program)
    for run in ("words", "labels", *(("enc", "top") if environment.encoder else ())):
        own = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "FOLDWISE_ROOT"}}
        done = subprocess.run(
            [str(python), "-m", "foldwise", "predict", run, *TEXTS, "--json"],
            cwd=made_once.root,
            env=own,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        got = [list(row["outputs"].values()) for row in json.loads(done.stdout)]
        ids = [str(i) for i in range(len(TEXTS))]
        expected = predict_texts(made_once, run, ids, [(text,) for text in TEXTS])
        assert got == [pytest.approx(row, abs=1e-6) for row in expected.values.tolist()]
