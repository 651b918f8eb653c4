"""What is kept of trials that are not the best: predictions and scores, not the weights.

A study of fifty trials of five folds would otherwise keep 250 models, 125 GB of a base encoder.
"""

import shutil
from pathlib import Path

from foldwise.tuning.names import LOOKS

WEIGHTS = "fold-*/model.safetensors"
HALF_DONE = ("fold-*/ckpt-*", ".shared")


def forget_weights(run: Path) -> None:
    """Remove the weights, checkpoints and evaluations in a trial's folder."""
    for path in run.glob(WEIGHTS):
        path.unlink(missing_ok=True)
    for pattern in (*HALF_DONE, LOOKS):
        for folder in run.glob(pattern):
            shutil.rmtree(folder, ignore_errors=True)
