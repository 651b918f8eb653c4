"""From a finished run to a checked submission with its provenance."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import foldwise
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Score
from foldwise.competition.solution import private_scores
from foldwise.competition.submission import build_submission, check_submission, write_submission
from foldwise.ensembling.ensemble import is_ensemble, read_ensemble
from foldwise.errors import DataError
from foldwise.paths import Project
from foldwise.storage import sha256_of_file
from foldwise.training.corpus import data_hash
from foldwise.training.manifest import read_manifest
from foldwise.training.run_scores import RunScores, read_scores, read_tables


@dataclass(frozen=True)
class Submitted:
    """A submission that passed every check.

    Attributes:
        path: of the CSV; its provenance is beside it as JSON. None after a mere check.
        rows: in the submission.
        scores: of the run it was made from.
        private: by metric, on the hidden solution; empty where the competition has none here.
    """

    path: Path | None
    rows: int
    scores: RunScores
    private: dict[str, Score]


def submit(project: Project, run: str, name: str | None = None, *, write: bool = True) -> Submitted:
    """The submission of a run, checked against the sample, written to `submissions/<name>.csv`.

    Raises:
        DataError: the run has not finished, its competition's files have changed since, or the
            submission differs from the sample in ids or columns; nothing is written.
    """
    folder = project.run(run)
    scores = read_scores(folder)
    loaded = load(load_competition(project.competition(scores.competition)))
    check_unchanged(loaded, scores, run)
    _, test = read_tables(folder)
    submission = build_submission(loaded.sample, test.ids, test.values)
    check_submission(submission, loaded.sample)
    path = project.submission(name or run)
    if write:
        write_submission(path, submission, loaded.sample, provenance(project, run, scores))
    private = private_scores(loaded.competition, loaded.sample, submission)
    return Submitted(path if write else None, len(submission.rows), scores, private)


def check_unchanged(loaded: LoadedCompetition, scores: RunScores, run: str) -> None:
    """Refuse a run that was made from other files than those in `input/`.

    Raises:
        DataError: the training or test rows have changed since.
    """
    if data_hash(loaded) != scores.data:
        raise DataError(
            f"the files of {scores.competition!r} have changed since run {run!r} was made; fetch "
            f"the ones it was made from, or train again with --fresh"
        )


def private_scores_of(project: Project, run: str) -> dict[str, Score]:
    """A run's scores on the hidden solution, by metric; empty where there is none."""
    folder = project.run(run)
    loaded = load(load_competition(project.competition(read_scores(folder).competition)))
    _, test = read_tables(folder)
    submission = build_submission(loaded.sample, test.ids, test.values)
    return private_scores(loaded.competition, loaded.sample, submission)


def provenance(project: Project, run: str, scores: RunScores) -> dict[str, Any]:
    """Where a submission comes from: its score, its runs and their hashes, the versions."""
    members = _members(project, run)
    return {
        "run": run,
        "competition": scores.competition,
        "metric": scores.metric,
        "oof_scores": {name: asdict(value) for name, value in scores.scores.items()},
        "looks": scores.looks,
        "data": scores.data,
        "folds": scores.folds,
        "runs": {member: _trace(project.run(member)) for member in members},
        "foldwise": foldwise.__version__,
    }


def _members(project: Project, run: str) -> list[str]:
    """The run and, below an ensemble, all its members."""
    if not is_ensemble(project.run(run)):
        return [run]
    below = [_members(project, member) for member in read_ensemble(project.run(run)).members]
    return [run, *(member for members in below for member in members)]


def _trace(run: Path) -> dict[str, Any]:
    trace: dict[str, Any] = {name: sha256_of_file(run / name) for name in ("oof.csv", "test.csv")}
    if is_ensemble(run):
        return {**trace, "ensemble": asdict(read_ensemble(run))}
    manifest = read_manifest(run)
    return {
        **trace,
        "settings": manifest.settings,
        "encoder": manifest.encoder,
        "code": manifest.code,
        "versions": manifest.versions,
    }
