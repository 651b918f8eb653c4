"""Members of an ensemble: finished runs of the same rows and folds."""

from collections.abc import Sequence
from dataclasses import dataclass

from foldwise.errors import Complaints, DataError
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.training.run_scores import RunScores, read_scores, read_tables


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
