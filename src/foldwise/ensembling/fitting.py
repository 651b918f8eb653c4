"""Weights fitted on out-of-fold predictions, and scored on rows they were not fitted on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from foldwise.competition.competition import Task

Floats = NDArray[np.float64]
SUM_TO_ONE = 1e4  # how much more the sum of the weights counts than all rows together


@dataclass(frozen=True, eq=False)
class CrossFit:
    """Fitted weights, and predictions blended with weights that other folds' rows decided.

    As in every cross-fit, the members' predictions for those other rows come from models that
    learned from this fold's; what that adds is far below the noise of a score.

    Attributes:
        weights: (members,) fitted on all rows: what test rows are blended with.
        by_fold: (folds, members) fitted without the fold: what its rows are blended with.
        honest: (rows, outputs) each row blended with the weights of its fold.
    """

    weights: Floats
    by_fold: Floats
    honest: Floats


def cross_fit(members: Floats, targets: Floats, folds: NDArray[np.int64], task: Task) -> CrossFit:
    """Weights of `members` (members, rows, outputs), cross-fitted over the folds.

    The weights of a fold's rows come from all other folds, so the score of `honest` carries no
    optimism of the fit. Stacked regressions: https://doi.org/10.1007/BF00117832
    """
    wanted = wanted_outputs(targets, members.shape[2], task)
    numbers = np.unique(folds)
    by_fold = np.array([fit_weights(members[:, folds != k], wanted[folds != k]) for k in numbers])
    of_row = by_fold[np.searchsorted(numbers, folds)]
    honest = np.einsum("rm,mro->ro", of_row, members)
    return CrossFit(fit_weights(members, wanted), by_fold, honest)


def wanted_outputs(targets: Floats, outputs: int, task: Task) -> Floats:
    """(rows, outputs) what a perfect member predicts: the targets, or 1 for the true class."""
    return targets if task == "regression" else np.eye(outputs)[targets[:, 0].astype(np.int64)]


def fit_weights(members: Floats, wanted: Floats) -> Floats:
    """(members,) weights, none negative, summing to one, of the least squared error.

    With weights that sum to one the blend's error is the blend of the members' errors; the sum is a
    heavy row of a non-negative least squares. https://doi.org/10.1137/1.9781611971217, chapter 23
    """
    errors = (members - wanted).reshape(len(members), -1).T
    triangle = np.linalg.qr(errors, mode="r")  # the same squares in as many rows as members
    heavy = SUM_TO_ONE * max(1.0, float(np.abs(triangle).max()))
    system = np.vstack([triangle, np.full(len(members), heavy)])
    right = np.append(np.zeros(len(triangle)), heavy)
    weights, _ = nnls(system, right)
    return np.asarray(weights / weights.sum())
