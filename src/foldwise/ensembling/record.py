"""What an ensemble's folder says of how it was made, and how new rows are blended by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foldwise.ensembling.formula import Formula
from foldwise.ensembling.members import aligned
from foldwise.ensembling.recipe import Method, Options
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.storage import read_record

FILE = "ensemble.json"


@dataclass(frozen=True)
class Ensemble:
    """How an ensemble was made.

    Attributes:
        method: its name; see `foldwise.ensembling.recipe`.
        members: names of runs.
        weights: one a member: what test rows are blended with, the mean over outputs where each
            has its own. Only ridge and logistic stacking have weights that do not sum to one.
        hashes: SHA-256 of each member's `oof.csv` and `test.csv`, as they were blended.
        fold_weights: of a fitted method, the weights of each fold's rows, fitted without them.
        in_sample: by metric, the score on the rows that `weights` were fitted on; beside it, the
            run's own scores are the honest ones.
        seeds: of the members, where they are one experiment's runs of several seeds; else empty.
        options: what was added to the method.
        formula: all that blends new rows; None in files of before there was more than `weights`.
        suspicious: members' folds that were out of line, and were blended all the same.
    """

    method: Method
    members: list[str]
    weights: list[float]
    hashes: dict[str, list[str]]
    fold_weights: list[list[float]] = field(default_factory=list)
    in_sample: dict[str, float] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    formula: Formula | None = None
    suspicious: list[str] = field(default_factory=list)


def is_ensemble(run: Path) -> bool:
    """Whether the run is an ensemble."""
    return (run / FILE).is_file()


def read_ensemble(run: Path) -> Ensemble:
    """How the ensemble in `run` was made.

    Raises:
        StorageError: the file is damaged.
    """
    return read_record(run / FILE, _ensemble)


def _ensemble(
    *,
    options: Mapping[str, Any] | None = None,
    formula: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Ensemble:
    return Ensemble(
        options=Options(**(options or {})),
        formula=None if formula is None else Formula(**formula),
        **rest,
    )


def blend_tables(ensemble: Ensemble, tables: Sequence[Predictions]) -> Predictions:
    """One table of the members' tables for the same new rows, in the order of the first.

    Raises:
        DataError: they differ in ids or outputs.
    """
    rows = aligned(tables, ensemble.members, tables[0].ids)
    return rows.table(formula_of(ensemble, len(rows.outputs)).apply(rows.values))


def formula_of(ensemble: Ensemble, outputs: int) -> Formula:
    """The ensemble's formula, also of one whose file has nothing but weights."""
    if ensemble.formula is not None:
        return ensemble.formula
    table = [[weight] * outputs for weight in ensemble.weights]
    return Formula("plain", table, [0.0] * outputs, probabilities=False)


def members_below(project: Project, name: str) -> list[str]:
    """The runs that `name` was blended from, members of members too; none if it was trained."""
    folder = project.run(name)
    members = read_ensemble(folder).members if is_ensemble(folder) else []
    return [run for member in members for run in (member, *members_below(project, member))]
