"""One contestant's work, in a process of its own; prints its measurement as JSON.

python -m speed.process WORK TASK.json CONTESTANT-AS-JSON SEED
"""

import contextlib
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from speed.matrix_peak import peak_beside
from speed.measurement import Computed, Measurement
from speed.task import contestant_from, read_task

DONE_BY = {  # only the contestant's own system is imported
    ("training", "foldwise"): "foldwise_training",
    ("training", "trainer"): "trainer_training",
    ("training", "plain"): "plain_training",
    ("training", "fastai"): "fastai_training",
    ("prediction", "foldwise"): "foldwise_prediction",
    ("prediction", "trainer"): "trainer_prediction",
    ("profile", "foldwise"): "step_profile",
    ("tokenizing", "foldwise"): "foldwise_tokenizing",
    ("tokenizing", "foldwise cached"): "foldwise_tokenizing",
    ("tokenizing", "python loop"): "ready_made_tokenizing",
    ("tokenizing", "transformers batch"): "ready_made_tokenizing",
    ("tokenizing", "tokenizers batch"): "ready_made_tokenizing",
}


def main(work: str, task: str, contestant: str, seed: str) -> int:
    """The exit code, after the measurement was printed."""
    asked, given = contestant_from(contestant), read_task(Path(task))
    with contextlib.redirect_stdout(sys.stderr):  # the Trainer prints its log
        module: Any = import_module(f"speed.{DONE_BY[work, asked.system]}")
        module.measured(given.warm_up(), asked, int(seed))
        done: Measurement = module.measured(given, asked, int(seed))
        if isinstance(done, Computed):
            done = replace(done, matrix_peak=peak_beside(done, given, asked))
    sys.stdout.write(done.to_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
