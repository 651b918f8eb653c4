"""What the mean of the folds' models gains over each of them, without one target.

Test rows are predicted by the mean of all folds' models, training rows by one model each, so that
an out-of-fold score knows nothing of that gain. For squared errors it is known exactly: the mean's
error is the models' mean error less their spread around the mean (their ambiguity).
Krogh & Vedelsby (1995), https://papers.nips.cc/paper/1001
A correlation gains in the same way: the mean varies with the targets as its models do, and less by
itself. Out of fold the models' predictions stand in one column, so that also what sets the models
apart, in level or in scale, is in that column's standard deviation and not in the mean's: the
correlation grows by the ratio of the two.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from foldwise.predictions.table import Predictions, mean_of

Floats = NDArray[np.float64]
LEAST = np.finfo(np.float64).eps  # of a probability under a logarithm, as in the metric


def averaging_gains(
    scores: Mapping[str, float], models: Sequence[Predictions]
) -> dict[str, float | None]:
    """By metric, how much better than the OOF score the mean of the models is; None: unknown.

    Exact for squared errors and what is made of them alone, and, but for the luck of the rows, for
    a correlation. For the log loss it is the gain if the mean's own
    probabilities were true; of ranks and of most probable labels nothing can be told.

    Args:
        scores: out-of-fold, by metric.
        models: each fold's predictions of the test rows, with the same ids and outputs.
    """
    mean = mean_of(models)
    values = np.stack([model.aligned_to(mean.ids, "the first model").values for model in models])
    return {metric: _gain(metric, scores, values, mean.values) for metric in scores}


def _gain(metric: str, scores: Mapping[str, float], values: Floats, mean: Floats) -> float | None:
    one_target = mean.shape[1] == 1
    if metric == "mse":
        return min(ambiguity(values, mean), scores[metric])
    if metric == "rmse" or (metric == "mcrmse" and one_target):
        return _gain_of_root(scores[metric], ambiguity(values, mean))
    if metric == "r2" and one_target and "rmse" in scores:
        error = scores["rmse"] ** 2
        return min(ambiguity(values, mean), error) / error * (1 - scores["r2"]) if error else 0.0
    if metric == "pearson" and one_target:
        return _gain_of_correlation(scores[metric], values, mean)
    return divergence(values, mean) if metric == "log_loss" else None


def _gain_of_correlation(correlation: float, values: Floats, mean: Floats) -> float | None:
    spread = float(mean.std())
    if spread == 0:
        return None
    return min(correlation * float(values.std()) / spread, 1.0) - correlation


def _gain_of_root(root: float, spread: float) -> float:
    return root - math.sqrt(max(root**2 - spread, 0.0))


def ambiguity(values: Floats, mean: Floats) -> float:
    """The mean squared distance of (models, rows, outputs) values from their (rows, outputs) mean.

    The divisor is the number of models: it is their spread here, not that of others like them.
    """
    return float(np.square(values - mean).mean())


def divergence(values: Floats, mean: Floats) -> float:
    """The mean Kullback-Leibler divergence, in nats, of the models from their mean.

    Args:
        values: (models, rows, labels) probabilities.
        mean: (rows, labels).
    """
    logs = np.log(np.maximum(values, LEAST)).mean(axis=0)
    return float((mean * (np.log(np.maximum(mean, LEAST)) - logs)).sum(axis=1).mean())
