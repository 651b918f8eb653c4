"""What to predict of a row that nothing is known about."""

import numpy as np

from foldwise.competition.competition import Competition
from foldwise.competition.loading import TrainingFile, load_training_file


def prior_of(competition: Competition) -> list[float]:
    """One number an output: the training rows' mean, or the share of each label.

    The best constant prediction in squared error, or in log loss; a safety net, not a model.

    Raises:
        DataError: the training file is missing or wrong.
    """
    return _prior(load_training_file(competition))


def _prior(training: TrainingFile) -> list[float]:
    targets = training.rows.targets
    if targets is None:
        raise ValueError("training rows have targets")
    if not training.labels:
        return [float(value) for value in targets.mean(axis=0)]
    counts = np.bincount(targets[:, 0].astype(np.int64), minlength=len(training.labels))
    return [float(share) for share in counts / counts.sum()]
