"""The predictions of a trial so far: of an evaluation, or of the folds that have finished."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from foldwise.errors import DataError, listed
from foldwise.predictions.table import Predictions, mean_of, read_predictions
from foldwise.tuning.names import LOOKS


class LookFile(NamedTuple):
    """What an evaluation of the first fold predicted, on the disk."""

    path: Path
    step: int
    steps: int

    @property
    def share(self) -> float:
        """Of the fold's training."""
        return self.step / self.steps


def look_path(run: Path, step: int, steps: int) -> Path:
    """Where an evaluation is kept."""
    return run / LOOKS / f"{step:06d}-of-{steps:06d}.csv"


def look_files(run: Path) -> list[LookFile]:
    """The evaluations of a trial that are kept, in order."""
    found = []
    for path in sorted((run / LOOKS).glob("[!.]*.csv")):
        step, _, steps = path.stem.partition("-of-")
        found.append(LookFile(path, int(step), int(steps)))
    return found


def look_at_share(run: Path, share: float) -> LookFile | None:
    """The last evaluation not after this share of the training; None: the first is later.

    Trials may be evaluated at other steps. That the one compared with learned no longer makes the
    comparison lenient, never unfair.
    """
    early = [look for look in look_files(run) if look.share <= share + 1e-9]
    return max(early, key=lambda look: look.share, default=None)


def look_table(look: LookFile, fold: int) -> Predictions:
    """What it predicted, as rows of their fold."""
    return _of_fold(read_predictions(look.path), fold)


def folds_table(run: Path, folds: Sequence[int]) -> Predictions:
    """The validation rows of finished folds, one fold after the other.

    Raises:
        DataError: a fold has not finished.
    """
    tables = [_of_fold(read_predictions(run / f"fold-{k}" / "valid.csv"), k) for k in folds]
    if others := {table.outputs for table in tables} - {tables[0].outputs}:
        raise DataError(
            f"folds must predict the same outputs, got {listed(tables[0].outputs)} and "
            f"{listed(others.pop())} in {run}"
        )
    return Predictions(
        ids=tuple(name for table in tables for name in table.ids),
        outputs=tables[0].outputs,
        values=np.concatenate([table.values for table in tables]),
        folds=np.concatenate([np.asarray(table.folds) for table in tables]),
    )


def _of_fold(table: Predictions, fold: int) -> Predictions:
    return replace(table, folds=np.full(len(table), fold, dtype=np.int64))


def blended(table: Predictions, partners: Sequence[Predictions]) -> Predictions:
    """The mean of `table` and of what each partner's OOF says of the same rows.

    Equal weights: nothing is fitted, so that the rows of one fold can be blended alone.

    Raises:
        DataError: a partner lacks rows, or has other outputs or folds.
    """
    return mean_of([table, *(taken(partner, table.ids) for partner in partners)])


def taken(table: Predictions, ids: Sequence[str]) -> Predictions:
    """The rows of `table` with these ids, as far as they are there."""
    wanted = set(ids)
    at = [i for i, name in enumerate(table.ids) if name in wanted]
    return Predictions(
        ids=tuple(table.ids[i] for i in at),
        outputs=table.outputs,
        values=table.values[at],
        folds=None if table.folds is None else table.folds[at],
    )
