"""Problems made of noise around a truth: members as good and as alike as a test wants them."""

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.metrics import METRICS
from foldwise.ensembling.problem import Problem
from foldwise.ensembling.spaces import softmax

Floats = NDArray[np.float64]


def regression(
    rows: int = 90,
    noises: tuple[float, ...] = (0.5, 0.6, 0.9),
    *,
    metric: str = "rmse",
    targets: int = 1,
    folds: int = 3,
    seed: int = 0,
) -> Problem:
    """Members that are the targets with independent noise of these standard deviations."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=(rows, targets))
    members = np.stack([truth + random.normal(scale=sd, size=truth.shape) for sd in noises])
    return Problem(members, truth, np.arange(rows) % folds, METRICS[metric])


def classification(
    rows: int = 120,
    noises: tuple[float, ...] = (0.8, 1.0, 1.5),
    *,
    metric: str = "accuracy",
    labels: int = 3,
    folds: int = 3,
    seed: int = 0,
) -> Problem:
    """Members that see the true label through independent noise."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, labels, rows)
    seen = 1.5 * np.eye(labels)[truth]
    members = np.stack([softmax(seen + sd * random.normal(size=seen.shape)) for sd in noises])
    targets = truth[:, None].astype(np.float64)
    return Problem(members, targets, np.arange(rows) % folds, METRICS[metric])


def of_metric(
    metric: str, *, rows: int = 90, folds: int = 3, seed: int = 0, targets: int = 1
) -> Problem:
    """A problem that the metric scores."""
    if METRICS[metric].task == "regression":
        return regression(rows, metric=metric, targets=targets, folds=folds, seed=seed)
    labels = 2 if metric == "auc" else 4
    return classification(rows, metric=metric, labels=labels, folds=folds, seed=seed)
