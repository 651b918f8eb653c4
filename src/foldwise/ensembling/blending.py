"""How members become one table: by the mean, by weights given, or by weights fitted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from foldwise.competition.loading import LoadedCompetition
from foldwise.ensembling.fitting import cross_fit
from foldwise.ensembling.members import Member
from foldwise.errors import DataError
from foldwise.predictions.table import Predictions, weighted_mean

Method = Literal["mean", "weights", "nnls"]


@dataclass(frozen=True, eq=False)
class Blend:
    """Members made one.

    Attributes:
        weights: one a member: what test rows are blended with.
        fold_weights: fitted methods: for each fold, the weights its OOF rows are blended with;
            empty where nothing is fitted.
        oof: honest: the weights a row is blended with were fitted on the rows of other folds.
        in_sample: the OOF rows blended with `weights`; equal to `oof` where nothing is fitted.
        test: the test rows.
    """

    weights: list[float]
    fold_weights: list[list[float]]
    oof: Predictions
    in_sample: Predictions
    test: Predictions


def blend_by(members: Sequence[Member], weights: Sequence[float]) -> Blend:
    """The members' weighted mean; nothing is fitted.

    Raises:
        DataError: the members differ in ids, outputs or folds.
    """
    oof = weighted_mean([member.oof for member in members], weights)
    test = weighted_mean([member.test for member in members], weights)
    return Blend(list(weights), [], oof, oof, test)


def blend_by_nnls(members: Sequence[Member], loaded: LoadedCompetition) -> Blend:
    """The members by non-negative weights fitted on their OOF, each fold's on the other folds.

    Raises:
        DataError: the members differ in ids, outputs or folds.
    """
    first = weighted_mean([member.oof for member in members], [1.0] + [0.0] * (len(members) - 1))
    train = loaded.train
    if first.folds is None or train.targets is None:
        raise DataError("weights are fitted on OOF tables with folds, of rows with targets")
    at = {row_id: i for i, row_id in enumerate(train.ids)}
    targets = train.targets[[at[row_id] for row_id in first.ids]]
    tables = [member.oof.aligned_to(first.ids, members[0].name) for member in members]
    values = np.stack([table.values for table in tables])
    fit = cross_fit(values, targets, first.folds, loaded.competition.task)
    fixed = blend_by(members, fit.weights.tolist())
    return replace(fixed, fold_weights=fit.by_fold.tolist(), oof=replace(first, values=fit.honest))
