import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.training.tiny_runs import results_of, tiny_project, train_tiny

ROOT = Path(__file__).parents[2]
PLAIN: dict[str, Any] = {"training": {"checkpoint_seconds": 0.0, "epochs": 1.0}}
# everything that keeps a state of its own from step to step, or from stage to stage
CRAFTS: dict[str, Any] = {
    "training": {"checkpoint_seconds": 0.0},
    "stages": [
        {"epochs": 0.5, "train": "head"},
        {"epochs": 0.7, "train": 1, "schedule": {"kind": "one_cycle"}},
    ],
    "head": {"norm": "batch", "dropout": 0.2},
    "optimizer": {"bias_correction": False},
    "averaging": {"kind": "ema"},
    "regularization": {"mixout": 0.2, "adversarial": "awp", "r_drop": 0.5},
    "loss": {"kind": "rmse"},
}


@pytest.mark.parametrize(
    ("how", "writing", "settings"),
    [
        ("operations", "at once", PLAIN),
        ("times", "aside", PLAIN),
        ("operations", "aside", CRAFTS),
    ],
)
def test_a_run_killed_at_many_moments_ends_in_the_same_bits(
    tmp_path: Path, how: str, writing: str, settings: dict[str, Any]
) -> None:
    project = tiny_project(tmp_path)
    train_tiny(project, "whole", **settings)

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.training.kill_server",
            str(tmp_path),
            "killed",
            how,
            writing,
            json.dumps(settings),
        ],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["code"] == 0, done.stderr
    assert outcome["killed"] >= 10
    # weights, out-of-fold and test predictions are bitwise those of the uninterrupted run
    assert results_of(tmp_path / "runs" / "killed") == results_of(tmp_path / "runs" / "whole")
    # and nothing half-written is left behind
    assert not list((tmp_path / "runs" / "killed").rglob("*.tmp"))
    assert not list((tmp_path / "runs" / "killed").rglob("ckpt-*"))
