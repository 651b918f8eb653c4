"""From a finished run to a checked submission with its provenance."""

from dataclasses import dataclass
from pathlib import Path

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Score
from foldwise.competition.solution import private_scores
from foldwise.competition.submission import (
    Submission,
    build_submission,
    check_submission,
    write_submission,
)
from foldwise.paths import Project
from foldwise.pipeline.provenance import check_members, provenance
from foldwise.training.run_scores import RunScores, check_unchanged, read_scores, read_tables


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

    Args:
        project: where.
        run: a finished run, an ensemble included.
        name: of the submission; by default the run's.
        write: whether to write it, rather than only to check it.

    Raises:
        DataError: the run has not finished, its competition's files or its members have changed
            since, or the submission differs from the sample in ids or columns; nothing is written.
        StorageError: the disk is full; each file is the old one or the new one.
    """
    path = project.submission(name or run)
    scores = read_scores(project.run(run))
    loaded = load(load_competition(project.competition(scores.competition)))
    check_unchanged(loaded, scores, run)
    check_members(project, run)
    submission = submission_of(project, run, loaded)
    private = private_scores(loaded.competition, loaded.sample, submission)
    if write:
        write_submission(path, submission, loaded.sample, provenance(project, run, scores))
    return Submitted(path if write else None, len(submission.rows), scores, private)


def submission_of(project: Project, run: str, loaded: LoadedCompetition) -> Submission:
    """A run's test predictions in the sample's image.

    Raises:
        DataError: they differ from the sample in ids or columns.
    """
    _, test = read_tables(project.run(run))
    submission = build_submission(loaded.sample, test.ids, test.values)
    return check_submission(submission, loaded.sample)


def private_scores_of(project: Project, run: str, loaded: LoadedCompetition) -> dict[str, Score]:
    """A run's scores on the hidden solution, by metric; empty where there is none."""
    submission = submission_of(project, run, loaded)
    return private_scores(loaded.competition, loaded.sample, submission)
