"""What each fold holds: rows, groups, text length, and the targets' mean or the labels' shares."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import Competition
from foldwise.competition.rows import Rows
from foldwise.folds.table import FoldTable
from foldwise.folds.texts import word_counts


@dataclass(frozen=True)
class TargetSpread:
    """Mean and standard deviation of one target in one fold."""

    target: str
    mean: float
    sd: float


@dataclass(frozen=True)
class FoldOverview:
    """What one fold holds.

    Attributes:
        fold: its number.
        rows: how many.
        groups: how many different ones; None where the competition has no groups.
        mean_words: mean length of the texts, in words separated by white space.
        targets: the spread of each target (regression); empty for a classification.
        shares: the share of each label in the fold's rows, in [0, 1]; empty for a regression.
    """

    fold: int
    rows: int
    groups: int | None
    mean_words: float
    targets: tuple[TargetSpread, ...]
    shares: dict[str, float]


@dataclass(frozen=True)
class Overview:
    """All folds, in order."""

    folds: tuple[FoldOverview, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """One object a fold."""
        return [asdict(fold) for fold in self.folds]


def describe_folds(
    competition: Competition, labels: Sequence[str], rows: Rows, table: FoldTable
) -> Overview:
    """The overview of `rows` by the folds of `table`.

    Raises:
        DataError: a row has no fold.
    """
    fold_of_row = table.for_rows(rows)
    words = word_counts(rows.texts)
    return Overview(
        tuple(
            _describe(fold, np.flatnonzero(fold_of_row == fold), competition, labels, rows, words)
            for fold in range(table.n)
        )
    )


def _describe(
    fold: int,
    at: NDArray[np.int64],
    competition: Competition,
    labels: Sequence[str],
    rows: Rows,
    words: NDArray[np.int64],
) -> FoldOverview:
    classifies = competition.task == "classification"
    values = np.zeros((len(at), 0)) if rows.targets is None else rows.targets[at]
    return FoldOverview(
        fold=fold,
        rows=len(at),
        groups=None if rows.groups is None else len({rows.groups[i] for i in at}),
        mean_words=float(words[at].mean()),
        targets=() if classifies else _spreads(competition.target, values),
        shares=_shares(labels, values[:, 0]) if classifies else {},
    )


def _spreads(names: Sequence[str], values: NDArray[np.float64]) -> tuple[TargetSpread, ...]:
    means, sds = values.mean(axis=0).tolist(), values.std(axis=0).tolist()
    return tuple(TargetSpread(*spread) for spread in zip(names, means, sds, strict=True))


def _shares(labels: Sequence[str], codes: NDArray[np.float64]) -> dict[str, float]:
    counts = np.bincount(codes.astype(np.int64), minlength=len(labels))
    return dict(zip(labels, (counts / len(codes)).tolist(), strict=True))
