"""Metrics of a classification and their influence functions.

Targets are (rows, 1) label indices, predictions (rows, labels) probabilities. An influence is
(rows,): the derivative of the score as a row's weight grows. Its mean is 0.
"""

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.regression_metrics import mean_ranks
from foldwise.errors import DataError, counted, listed

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SUM_TOLERANCE = 1e-3  # of a row of probabilities: float32 and rounded CSVs stay well inside


def accuracy(targets: Floats, predictions: Floats) -> float:
    """The share of rows whose most probable label is right; the first of equals counts."""
    return float(_hits(targets, predictions).mean())


def hit_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `accuracy`."""
    return _centred(_hits(targets, predictions))


def macro_f1(targets: Floats, predictions: Floats) -> float:
    """The mean F1 of the labels that occur among targets or predicted labels."""
    numerator, denominator = _f1_parts(targets, predictions)
    return float((numerator.mean(axis=0) / denominator.mean(axis=0)).mean())


def f1_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `macro_f1`."""
    numerator, denominator = _f1_parts(targets, predictions)
    size = denominator.mean(axis=0)
    f1 = numerator.mean(axis=0) / size
    return np.asarray(((numerator - f1 * denominator) / size).mean(axis=1))


def log_loss(targets: Floats, predictions: Floats) -> float:
    """The mean of -log(probability of the right label), in nats.

    Raises:
        DataError: a row is no distribution: negative, or its sum is not 1.
    """
    _refuse_no_distribution(predictions)
    return float(_losses(targets, predictions).mean())


def loss_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `log_loss`."""
    return _centred(_losses(targets, predictions))


def qwk(targets: Floats, predictions: Floats) -> float:
    """Cohen's kappa with quadratic weights between the labels' positions.

    https://doi.org/10.1037/h0026256

    Raises:
        DataError: all targets and all predicted labels are the same one.
    """
    truth, guess = _indices(targets), _chosen(predictions)
    chance = _chance_disagreement(truth, guess)
    if chance == 0:
        raise DataError(
            f"qwk needs two labels among targets and predictions, got one on all {len(truth)} "
            f"rows; score more rows, or choose accuracy"
        )
    return float(1 - np.square(truth - guess).mean() / chance)


def qwk_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `qwk`: on its disagreement and on that by chance."""
    truth, guess = _indices(targets), _chosen(predictions)
    squared = np.square(truth - guess).astype(np.float64)
    chance = _chance_disagreement(truth, guess)
    against_guesses = np.square(truth - guess.mean()) + guess.var()
    against_truths = np.square(guess - truth.mean()) + truth.var()
    by_chance = against_guesses + against_truths - 2 * chance
    return np.asarray(squared.mean() * by_chance / chance**2 - _centred(squared) / chance)


def auc(targets: Floats, predictions: Floats) -> float:
    """The share of pairs of the two labels that the second label's probability orders rightly.

    Raises:
        DataError: there are not two labels, or all rows have the same one.
    """
    positive, ranks = _positive_and_ranks(targets, predictions)
    many = int(positive.sum())
    return float((ranks[positive].mean() - (many + 1) / 2) / (len(ranks) - many))


def auc_influence(targets: Floats, predictions: Floats) -> Floats:
    """(rows,) influence of each row on `auc`: the share of the other label it is ordered against.

    DeLong, DeLong & Clarke-Pearson (1988): https://doi.org/10.2307/2531595
    """
    positive, ranks = _positive_and_ranks(targets, predictions)
    values, rows = predictions[:, 1], len(ranks)
    influence = np.empty(rows)
    for mine in (positive, ~positive):
        below = ranks[mine] - mean_ranks(values[mine])  # how many of the other label, ties as half
        ordered = below / (rows - mine.sum())
        influence[mine] = _centred(ordered) * rows / mine.sum() * (1 if mine is positive else -1)
    return influence


def _indices(targets: Floats) -> Indices:
    return targets[:, 0].astype(np.int64)


def _chosen(predictions: Floats) -> Indices:
    return np.asarray(predictions.argmax(axis=1), dtype=np.int64)


def _hits(targets: Floats, predictions: Floats) -> Floats:
    return np.asarray((_indices(targets) == _chosen(predictions)).astype(np.float64))


def _f1_parts(targets: Floats, predictions: Floats) -> tuple[Floats, Floats]:
    """Each row's part of 2 TP and of 2 TP + FP + FN, (rows, labels that occur)."""
    labels = np.arange(predictions.shape[1])
    truth = _indices(targets)[:, None] == labels
    guess = _chosen(predictions)[:, None] == labels
    occurs = truth.any(axis=0) | guess.any(axis=0)
    truth, guess = truth[:, occurs], guess[:, occurs]
    return 2.0 * (truth & guess), truth + guess.astype(np.float64)


def _losses(targets: Floats, predictions: Floats) -> Floats:
    right = predictions[np.arange(len(predictions)), _indices(targets)]
    return np.asarray(-np.log(np.maximum(right, np.finfo(np.float64).eps)))


def _chance_disagreement(truth: Indices, guess: Indices) -> float:
    """The mean squared difference of a truth and a guess drawn apart from each other."""
    return float(np.square(truth.mean() - guess.mean()) + truth.var() + guess.var())


def _positive_and_ranks(targets: Floats, predictions: Floats) -> tuple[NDArray[np.bool_], Floats]:
    if predictions.shape[1] != 2:
        raise DataError(
            f"auc compares two labels, got {predictions.shape[1]}; choose log_loss or macro_f1"
        )
    positive = _indices(targets) == 1
    if positive.all() or not positive.any():
        raise DataError(
            f"auc needs rows of both labels, got one on all {len(targets)} rows; score more rows"
        )
    return positive, mean_ranks(predictions[:, 1])


def _refuse_no_distribution(predictions: Floats) -> None:
    sums = predictions.sum(axis=1)
    wrong = np.flatnonzero((np.abs(sums - 1) > SUM_TOLERANCE) | (predictions < 0).any(axis=1))
    if len(wrong):
        raise DataError(
            f"log_loss needs probabilities that sum to 1, but "
            f"{counted(len(wrong), 'row does', 'rows do')} not, such as "
            f"row {listed(wrong[:3].tolist())} counted from 0 with sums "
            f"{listed([round(float(sums[i]), 4) for i in wrong[:3]])}; blend by mean, not by rank"
        )


def _centred(values: Floats) -> Floats:
    return np.asarray(values - values.mean())
