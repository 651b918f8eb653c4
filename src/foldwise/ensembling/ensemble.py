"""An ensemble is a run too: the weighted mean of its members' OOF and test predictions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.errors import Complaints, DataError, UsageError, listed
from foldwise.journal import Journal
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.predictions.table import Predictions, weighted_mean
from foldwise.storage import read_record, sha256_of_file, write_json
from foldwise.training.run_scores import (
    RunScores,
    check_unchanged,
    is_finished,
    read_scores,
    read_tables,
    score_table,
    write_run,
)

FILE = "ensemble.json"


@dataclass(frozen=True)
class Ensemble:
    """How an ensemble was made; nothing is fitted, so it adds no optimism to its scores.

    Attributes:
        members: names of runs.
        weights: one a member, summing to one.
        hashes: SHA-256 of each member's `oof.csv` and `test.csv`, as they were blended.
    """

    method: str
    members: list[str]
    weights: list[float]
    hashes: dict[str, list[str]]


@dataclass(frozen=True)
class Member:
    """A finished run with its tables."""

    name: str
    scores: RunScores
    oof: Predictions
    test: Predictions


def make_ensemble(
    project: Project, names: Sequence[str], name: str, weights: Sequence[float] | None = None
) -> RunScores:
    """The scores of the run `name`, the weighted mean (plain by default) of the runs `names`.

    Raises:
        UsageError: fewer than two members, one twice, bad weights; `name` is a run of another kind,
            or among the members or theirs.
        DataError: a member has not finished, members differ in competition, data, folds, ids, or
            the data has changed since.
    """
    shares = _shares(names, weights)
    _check_no_cycle(project, names, name)
    members = [read_member(project, member) for member in names]
    check_same_origin(members)
    folder = project.run(name)
    with only_driver_of(folder):
        if any(folder.glob("[!.]*")) and not (folder / FILE).is_file():
            raise UsageError(
                f"{folder} holds a run that is no ensemble; give the ensemble another name (--name)"
            )
        method = "mean" if weights is None else "weights"
        hashes = {member: _hashes(project.run(member)) for member in names}
        ensemble = Ensemble(method, list(names), shares, hashes)
        if is_finished(folder) and read_ensemble(folder) == ensemble:
            return read_scores(folder)
        return _written(project, folder, ensemble, members)


def _written(
    project: Project, folder: Path, ensemble: Ensemble, members: Sequence[Member]
) -> RunScores:
    first = members[0].scores
    oof = weighted_mean([member.oof for member in members], ensemble.weights)
    test = weighted_mean([member.test for member in members], ensemble.weights)
    loaded = load(load_competition(project.competition(first.competition)))
    check_unchanged(loaded, first, members[0].name)
    kept = set(oof.ids)
    rows = [i for i, row_id in enumerate(loaded.train.ids) if row_id in kept]
    loaded = replace(loaded, train=loaded.train.take(rows))
    scores = RunScores(
        competition=first.competition,
        kind="ensemble",
        metric=first.metric,
        scores=score_table(loaded, oof),
        rows=len(oof),
        looks=[max(looks) for looks in zip(*(m.scores.looks for m in members), strict=True)],
        data=first.data,
        folds=first.folds,
        seconds=round(sum(member.scores.seconds for member in members), 2),
    )
    (folder / "scores.json").unlink(missing_ok=True)  # of the ensemble that this one replaces
    write_json(folder / FILE, asdict(ensemble))
    write_run(folder, scores, oof, test)
    Journal(folder / "journal.jsonl").write("blended", **asdict(ensemble))
    return read_scores(folder)


def _shares(names: Sequence[str], weights: Sequence[float] | None) -> list[float]:
    complaints = Complaints()
    if len(names) < 2:
        complaints.add(f"an ensemble has at least two members, got {listed(names) or 'none'}")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        complaints.add(
            f"each run is a member once; weigh it instead of repeating {listed(repeated)}"
        )
    given = [1.0] * len(names) if weights is None else list(weights)
    if len(given) != len(names):
        complaints.add(f"{len(names)} members need as many weights, got {len(given)}")
    if not np.isfinite(given).all() or min(given, default=1) < 0 or sum(given) <= 0:
        complaints.add(f"weights are zero or more, and not all zero; got {listed(given)}")
    complaints.raise_if_any(UsageError)
    return [weight / sum(given) for weight in given]


def _check_no_cycle(project: Project, names: Sequence[str], name: str) -> None:
    if name in names:
        raise UsageError(
            f"an ensemble is no member of itself: {name!r} is in {listed(names)}; give the new "
            f"ensemble another name (--name)"
        )
    for member in names:
        if name in members_below(project, member):
            raise UsageError(
                f"an ensemble is no member of itself: {member!r} is made from {name!r}; give the "
                f"new ensemble another name (--name)"
            )


def members_below(project: Project, name: str) -> list[str]:
    """The runs that `name` was blended from, members of members too; none if it was trained."""
    folder = project.run(name)
    members = read_ensemble(folder).members if is_ensemble(folder) else []
    return [run for member in members for run in (member, *members_below(project, member))]


def read_member(project: Project, name: str) -> Member:
    """The finished run `name`.

    Raises:
        DataError: it does not exist, or has not finished.
    """
    folder = project.run(name)
    scores = read_scores(folder)
    return Member(name, scores, *read_tables(folder))


def check_same_origin(members: Sequence[Member]) -> None:
    """Refuse to blend what was not made from the same rows and folds.

    Raises:
        DataError: names each difference.
    """
    first, complaints = members[0], Complaints()
    for other in members[1:]:
        for part in ("competition", "data", "folds", "metric"):
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


def _hashes(run: Path) -> list[str]:
    return [sha256_of_file(run / name) for name in ("oof.csv", "test.csv")]


def is_ensemble(run: Path) -> bool:
    """Whether the run is an ensemble."""
    return (run / FILE).is_file()


def read_ensemble(run: Path) -> Ensemble:
    """How the ensemble in `run` was made."""
    return read_record(run / FILE, Ensemble)
