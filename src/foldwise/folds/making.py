"""Folds are made once: from a loaded competition to a table, with what there is to know of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foldwise.competition.loading import LoadedCompetition
from foldwise.errors import DataError, UsageError
from foldwise.folds.leaks import Leaks, find_leaks
from foldwise.folds.overview import Overview, describe_folds
from foldwise.folds.strategies import (
    AUTO,
    Problem,
    StrategyName,
    check_strategy,
    choose,
    split,
)
from foldwise.folds.table import FoldTable, check_folds, read_folds, write_folds
from foldwise.folds.units import build_units


@dataclass(frozen=True, eq=False)
class MadeFolds:
    """A new fold table and its report.

    Attributes:
        table: the folds, ids in the order of the training file.
        strategy: the one used, never "auto".
        reason: why, in a sentence.
        notes: what was kept together beyond the declared groups, or could not be.
        overview: what each fold holds.
        leaks: what may make scores too good.
    """

    table: FoldTable
    strategy: StrategyName
    reason: str
    notes: tuple[str, ...]
    overview: Overview
    leaks: Leaks

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values; the table itself only by its fingerprint."""
        return {
            "strategy": self.strategy,
            "reason": self.reason,
            "notes": list(self.notes),
            "fingerprint": self.table.fingerprint(),
            "folds": self.overview.as_json(),
            "leaks": self.leaks.as_json(),
        }


def make_folds(
    loaded: LoadedCompetition,
    strategy: str = AUTO,
    n: int = 5,
    seed: int = 42,
    criteria: Sequence[str] = (),
    group_duplicates: bool = False,
) -> MadeFolds:
    """Folds for `loaded`: the same for each id in whatever order its rows stand.

    Args:
        loaded: the competition and its rows.
        strategy: "auto", "kfold", "stratified", "group", "stratified-group" or "multilabel".
        n: number of folds.
        seed: another seed makes other folds.
        criteria: names of targets, the column `stratify` or "length" (words of the text) whose
            distribution the folds share; by default what the competition stratifies by.
        group_duplicates: keep nearly equal texts in one fold too; equal ones always share one.

    Raises:
        UsageError: `n` is below 2 or above the number of rows; the strategy or a criterion does
            not exist or does not fit the competition.
        DataError: a group or repeated text is larger than a fold, or a label rarer than the folds.
    """
    rows = loaded.train
    if not 2 <= n <= len(rows):
        raise UsageError(
            f"the number of folds must be from 2 to the number of training rows, "
            f"{len(rows):,}; got {n}"
        )
    check_strategy(strategy, criteria, rows)
    problem = Problem(loaded, build_units(rows, n, seed, group_duplicates), n)
    plan = choose(problem, strategy, criteria)
    table = FoldTable(rows.ids, split(problem, plan, seed), n)
    check_folds(table, rows)
    return MadeFolds(
        table=table,
        strategy=plan.strategy,
        reason=plan.reason,
        notes=problem.units.notes,
        overview=describe_folds(loaded.competition, loaded.labels, rows, table),
        leaks=find_leaks(rows, loaded.test, table),
    )


def save_folds(path: Path, table: FoldTable, force: bool = False) -> bool:
    """Whether `table` was written: not if `path` already holds the same folds.

    Raises:
        UsageError: `path` holds other folds, or no fold table, and `force` is not given.
    """
    if path.exists() and not force:
        if _held(path) == table.fingerprint():
            return False
        raise UsageError(
            f"{path} already holds other folds, and runs made with them would no longer compare; "
            f"keep it, or replace it with --force"
        )
    write_folds(path, table)
    return True


def _held(path: Path) -> str:
    try:
        return read_folds(path).fingerprint()
    except DataError as error:
        raise UsageError(
            f"{path} is no fold table, so it is not overwritten ({error}); "
            f"move it away, or replace it with --force"
        ) from error
