"""Where a submission comes from: the runs below it and their hashes."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import foldwise
from foldwise.ensembling.command import command_of
from foldwise.ensembling.record import Ensemble, is_ensemble, members_below, read_ensemble
from foldwise.errors import Complaints, DataError, listed
from foldwise.paths import Project
from foldwise.storage import sha256_of_file
from foldwise.training.manifest import read_manifest
from foldwise.training.run_scores import RunScores

TABLES = ("oof.csv", "test.csv")


def provenance(project: Project, run: str, scores: RunScores) -> dict[str, Any]:
    """Where a submission comes from: its score, its runs and their hashes, the versions."""
    return {
        "run": run,
        "competition": scores.competition,
        "metric": scores.metric,
        "oof_scores": {name: asdict(value) for name, value in scores.scores.items()},
        "looks": scores.looks,
        "data": scores.data,
        "folds": scores.folds,
        "runs": {name: _trace(project, name) for name in [run, *members_below(project, run)]},
        "foldwise": foldwise.__version__,
    }


def check_members(project: Project, run: str) -> None:
    """Refuse an ensemble whose members are gone, or predict otherwise than when it was blended.

    Raises:
        DataError: names each such member, and what is to be done; an ensemble below stands before
            those that are made of it, since they change with it.
    """
    complaints, stale = Complaints(), list[str]()
    for name in _ensembles_upwards(project, run):
        ensemble = read_ensemble(project.run(name))
        below = [member for member in ensemble.members if member in stale]
        found = _changed_members(project, name, ensemble, below)
        if found or below:
            stale.append(name)
            complaints.extend(found or [_follows(name, ensemble, below)])
    complaints.raise_if_any(DataError)


def _ensembles_upwards(project: Project, run: str) -> list[str]:
    """The ensembles that `run` is blended from, and itself if it is one, each after its members."""
    if not is_ensemble(project.run(run)):
        return []
    members = read_ensemble(project.run(run)).members
    below = [name for member in members for name in _ensembles_upwards(project, member)]
    return list(dict.fromkeys([*below, run]))


def _changed_members(
    project: Project, name: str, ensemble: Ensemble, below: Sequence[str]
) -> list[str]:
    """A complaint a member that is not as it was blended; those `below` are to be mended before."""
    complaints = []
    first = f"mend {_quoted(below)} first; " if below else ""
    for member in ensemble.members:
        found = hashes_of(project, member)
        if found == ensemble.hashes.get(member):
            continue
        lost = "are gone" if found is None else "have changed since"
        complaints.append(
            f"the ensemble {name!r} needs its member {member!r} as it was blended, but its "
            f"predictions {lost}; {first}{_repair(project, name, member, ensemble)}"
        )
    return complaints


def _follows(name: str, ensemble: Ensemble, below: Sequence[str]) -> str:
    """The complaint about an ensemble whose members are as they were, until they are mended."""
    return (
        f"the ensemble {name!r} is made of {_quoted(below)}, which will change; mend that first, "
        f"then run: {command_of(name, ensemble)}"
    )


def _quoted(names: Sequence[str]) -> str:
    return listed([repr(name) for name in names])


def _repair(project: Project, name: str, member: str, ensemble: Ensemble) -> str:
    command = command_of(name, ensemble)
    if ensemble.seeds:
        return f"train it with the settings it had: {command}"
    if hashes_of(project, member) is None:
        return f"make it again, then run: {command}"
    return f"to blend it as it is now, run: {command}"


def hashes_of(project: Project, run: str) -> list[str] | None:
    """The SHA-256 of a run's OOF and test tables; None where one is not there."""
    paths = [project.run(run) / name for name in TABLES]
    return [sha256_of_file(path) for path in paths] if all(p.is_file() for p in paths) else None


def _trace(project: Project, run: str) -> dict[str, Any]:
    folder = project.run(run)
    trace: dict[str, Any] = {name: sha256_of_file(folder / name) for name in TABLES}
    if is_ensemble(folder):
        return {**trace, "ensemble": asdict(read_ensemble(folder))}
    manifest = read_manifest(folder)
    return {
        **trace,
        "settings": manifest.settings,
        "encoder": manifest.encoder,
        "code": manifest.code,
        "versions": manifest.versions,
    }
