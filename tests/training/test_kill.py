import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.training.tiny_runs import results_of, tiny_project, train_tiny

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("how", ["operations", "times"])
def test_a_run_killed_at_many_moments_ends_in_the_same_bits(tmp_path: Path, how: str) -> None:
    project = tiny_project(tmp_path)
    train_tiny(project, "whole", training={"checkpoint_seconds": 0.0, "epochs": 1.0})

    done = subprocess.run(
        [sys.executable, "-m", "tests.training.kill_server", str(tmp_path), "killed", how],
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
