"""An ensemble is a run too: its members' OOF and test predictions, blended."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.ensembling.blending import Blend, Method, blend_by, blend_by_nnls
from foldwise.ensembling.members import Member, check_same_origin, read_member
from foldwise.errors import Complaints, UsageError, listed
from foldwise.journal import Journal
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.storage import read_record, sha256_of_file, write_json
from foldwise.training.run_scores import (
    RunScores,
    check_unchanged,
    is_finished,
    read_scores,
    score_table,
    write_run,
)

FILE = "ensemble.json"


@dataclass(frozen=True)
class Ensemble:
    """How an ensemble was made.

    Attributes:
        method: "mean", "weights" (given) or "nnls" (fitted).
        members: names of runs.
        weights: one a member, summing to one: what test rows are blended with.
        hashes: SHA-256 of each member's `oof.csv` and `test.csv`, as they were blended.
        fold_weights: of a fitted method, the weights of each fold's rows, fitted without them.
        in_sample: by metric, the score on the rows that `weights` were fitted on; beside it, the
            run's own scores are the honest ones.
        seeds: of the members, where they are one experiment's runs of several seeds; else empty.
    """

    method: Method
    members: list[str]
    weights: list[float]
    hashes: dict[str, list[str]]
    fold_weights: list[list[float]] = field(default_factory=list)
    in_sample: dict[str, float] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)


def make_ensemble(
    project: Project,
    names: Sequence[str],
    name: str,
    method: Method = "mean",
    weights: Sequence[float] | None = None,
    seeds: Sequence[int] = (),
) -> RunScores:
    """The scores of the run `name`, a blend of the runs `names`.

    Args:
        project: where the runs are.
        names: of finished runs.
        name: of the new run; an ensemble of that name is replaced.
        method: "mean"; "weights" as given; "nnls", fitted and scored on rows it was not fitted on.
        weights: one a member; makes the method "weights".
        seeds: one a member, where the members differ in nothing but the seed.

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
        loaded = _loaded(project, members)
        chosen = method if weights is None else "weights"
        blend = blend_by_nnls(members, loaded) if chosen == "nnls" else blend_by(members, shares)
        table = score_table(loaded, blend.in_sample)
        ensemble = Ensemble(
            method=chosen,
            members=list(names),
            weights=blend.weights,
            hashes={member: _hashes(project.run(member)) for member in names},
            fold_weights=blend.fold_weights,
            in_sample={metric: found.value for metric, found in table.items()},
            seeds=list(seeds),
        )
        if is_finished(folder) and read_ensemble(folder) == ensemble:
            return read_scores(folder)
        _write(folder, ensemble, blend, _scores(members, loaded, blend))
        return read_scores(folder)


def _loaded(project: Project, members: Sequence[Member]) -> LoadedCompetition:
    """The members' competition, with the training rows that they predict."""
    first = members[0]
    loaded = load(load_competition(project.competition(first.scores.competition)))
    check_unchanged(loaded, first.scores, first.name)
    kept = set(first.oof.ids)
    rows = [i for i, row_id in enumerate(loaded.train.ids) if row_id in kept]
    return replace(loaded, train=loaded.train.take(rows), strata=None)


def _scores(members: Sequence[Member], loaded: LoadedCompetition, blend: Blend) -> RunScores:
    first = members[0].scores
    return RunScores(
        competition=first.competition,
        kind="ensemble",
        metric=first.metric,
        scores=score_table(loaded, blend.oof),
        rows=len(blend.oof),
        looks=[max(looks) for looks in zip(*(m.scores.looks for m in members), strict=True)],
        data=first.data,
        folds=first.folds,
        seconds=round(sum(member.scores.seconds for member in members), 2),
        in_sample=score_table(loaded, blend.in_sample) if blend.fold_weights else {},
    )


def _write(folder: Path, ensemble: Ensemble, blend: Blend, scores: RunScores) -> None:
    (folder / "scores.json").unlink(missing_ok=True)  # of the ensemble that this one replaces
    write_json(folder / FILE, asdict(ensemble))
    write_run(folder, scores, blend.oof, blend.test)
    Journal(folder / "journal.jsonl").write("blended", **asdict(ensemble))


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


def _hashes(run: Path) -> list[str]:
    return [sha256_of_file(run / name) for name in ("oof.csv", "test.csv")]


def is_ensemble(run: Path) -> bool:
    """Whether the run is an ensemble."""
    return (run / FILE).is_file()


def read_ensemble(run: Path) -> Ensemble:
    """How the ensemble in `run` was made."""
    return read_record(run / FILE, Ensemble)
