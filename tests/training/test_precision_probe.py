import json
import subprocess
import sys


def test_the_program_prints_the_seconds_its_work_took() -> None:
    command = [sys.executable, "-m", "foldwise.training.precision_probe", "fp32", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0 < json.loads(done.stdout)["seconds"] < 60
