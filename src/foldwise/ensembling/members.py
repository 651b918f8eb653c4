"""Members of an ensemble: finished runs of the same rows and folds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.metrics import metric_named
from foldwise.ensembling.problem import Problem
from foldwise.errors import Complaints, DataError, listed
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.training.run_scores import RunScores, read_scores, read_tables

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Member:
    """A finished run with its tables."""

    name: str
    scores: RunScores
    oof: Predictions
    test: Predictions


def read_member(project: Project, name: str) -> Member:
    """The finished run `name`.

    Raises:
        DataError: it does not exist, or has not finished.
    """
    folder = project.run(name)
    scores = read_scores(folder)
    return Member(name, scores, *read_tables(folder))


def read_members(project: Project, names: Sequence[str]) -> list[Member]:
    """The finished runs `names`; where they share their rows, their tables share the ids in memory.

    Raises:
        DataError: one does not exist, or has not finished.
    """
    members: list[Member] = []
    for name in names:
        member = read_member(project, name)
        if members:
            first = members[0]
            member = replace(
                member, oof=_sharing(member.oof, first.oof), test=_sharing(member.test, first.test)
            )
        members.append(member)
    return members


def _sharing(table: Predictions, first: Predictions) -> Predictions:
    return replace(table, ids=first.ids) if table.ids == first.ids else table


def check_same_origin(members: Sequence[Member]) -> None:
    """Refuse to blend what was not made from the same rows and folds.

    Raises:
        DataError: names each difference.
    """
    first, complaints = members[0], Complaints()
    for other in members[1:]:
        if first.scores.competition != other.scores.competition:  # all the rest differs too
            complaints.add(
                f"members must be of one competition, but {first.name!r} is of "
                f"{first.scores.competition!r} and {other.name!r} of "
                f"{other.scores.competition!r}; leave one of them out"
            )
            continue
        for part in ("data", "folds", "metric"):
            mine, theirs = getattr(first.scores, part), getattr(other.scores, part)
            if mine != theirs:
                complaints.add(
                    f"members must share their {part}, but {first.name!r} has {mine[:16]!r} and "
                    f"{other.name!r} {theirs[:16]!r}; train them on the same"
                )
        if set(first.oof.ids) != set(other.oof.ids):
            complaints.add(
                f"members must predict the same rows, but {first.name!r} has {len(first.oof)} OOF "
                f"rows and {other.name!r} {len(other.oof)}, and their ids differ; train both with "
                f"the same training.rows"
            )
    complaints.raise_if_any(DataError)


@dataclass(frozen=True, eq=False)
class Rows:
    """The members' values for the same rows.

    Attributes:
        ids: in the order of the competition's file, which is the order they are written in.
        outputs: the columns' names.
        values: (members, rows, outputs).
        folds: (rows,) of out-of-fold rows; None for test rows.
    """

    ids: tuple[str, ...]
    outputs: tuple[str, ...]
    values: Floats
    folds: NDArray[np.int64] | None

    def table(self, values: Floats) -> Predictions:
        """Other values (rows, outputs) for these rows."""
        return Predictions(self.ids, self.outputs, values, self.folds)


def aligned(tables: Sequence[Predictions], names: Sequence[str], ids: Sequence[str]) -> Rows:
    """Tables of the members `names`, one to one with `ids`, whatever order each has.

    Raises:
        DataError: they differ in ids, outputs or folds; names the differences.
    """
    complaints = Complaints()
    found: list[Predictions] = []
    for table, name in zip(tables, names, strict=True):
        try:
            found.append(table.aligned_to(ids, "the competition"))
        except DataError as error:
            complaints.extend(f"{name}: {complaint}" for complaint in error.complaints)
    complaints.raise_if_any(DataError)
    first = found[0]
    for table, name in zip(found[1:], names[1:], strict=True):
        if table.outputs != first.outputs:
            complaints.add(
                f"outputs differ: {names[0]} has {listed(first.outputs)} and {name} "
                f"{listed(table.outputs)}; train both on the same competition"
            )
        if not np.array_equal(_folds_of(table), _folds_of(first)):
            complaints.add(
                f"folds differ between {names[0]} and {name}: OOF predictions of different folds "
                f"cannot be blended, because some rows would be scored by models that learned from "
                f"them; train on one fold table"
            )
    complaints.raise_if_any(DataError)
    return Rows(tuple(ids), first.outputs, np.stack([t.values for t in found]), first.folds)


def _folds_of(table: Predictions) -> NDArray[np.int64]:
    return np.empty(0, np.int64) if table.folds is None else table.folds


def problem_of(rows: Rows, loaded: LoadedCompetition) -> tuple[Problem, NDArray[np.int64]]:
    """The problem of out-of-fold rows, sorted by id, and each row's place in it.

    Sorted, so that every sum is taken in the same order, whatever order any file has.

    Args:
        rows: in the order of the training rows.
        loaded: the competition with these training rows.

    Raises:
        DataError: rows without folds or targets.
    """
    train = loaded.train
    if rows.folds is None or train.targets is None:
        raise DataError("weights are fitted on OOF tables with folds, of rows with targets")
    order = np.array(sorted(range(len(train)), key=train.ids.__getitem__), dtype=np.int64)
    problem = Problem(
        members=rows.values[:, order],
        targets=train.targets[order],
        folds=rows.folds[order],
        metric=metric_named(loaded.competition.metric, loaded.competition.task),
        groups=None if train.groups is None else tuple(train.groups[i] for i in order),
    )
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return problem, place
