"""A finished run with all that its report is made from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foldwise.comparing.expected import OUTSIDE
from foldwise.competition.competition import Competition, load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import METRICS, Metric, Score
from foldwise.errors import Complaints, DataError, FoldwiseError
from foldwise.paths import Project
from foldwise.pipeline.expecting import Expectation, Expecting
from foldwise.pipeline.submitting import private_scores_of
from foldwise.predictions.table import Predictions
from foldwise.reporting.figures import UNKNOWN, figure
from foldwise.training.run_scores import RunScores, check_unchanged, read_scores, read_tables

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A finished run beside its competition.

    Attributes:
        name: of the run.
        folder: where it is.
        scores: what it is worth.
        loaded: its competition, with the training rows that it predicts.
        oof: in the order of these rows.
        expected: what to expect on the test rows.
        private: by metric, on the hidden solution; empty where there is none.
    """

    name: str
    folder: Path
    scores: RunScores
    loaded: LoadedCompetition
    oof: Predictions
    expected: Expectation
    private: dict[str, Score]

    @property
    def metric(self) -> Metric:
        """The competition's own."""
        return METRICS[self.scores.metric]

    @property
    def outside(self) -> list[str]:
        """The metrics of which the private score lies outside of what was expected."""
        return [
            name
            for name, score in self.private.items()
            if (expected := self.expected.scores.get(name)) is not None
            and not expected.holds(score.value)
        ]

    def private_shown(self, metric: str) -> str:
        """The private score with its standard error, and a mark where it was not expected."""
        score = self.private.get(metric)
        if score is None:
            return UNKNOWN
        mark = f"\u00a0{OUTSIDE}" if metric in self.outside else ""  # never on a line of its own
        return f"{figure(score.value, score.standard_error)}{mark}"

    @property
    def competition(self) -> Competition:
        """What the run is of."""
        return self.loaded.competition

    @property
    def targets(self) -> Floats:
        """(rows, targets) of the training rows that are predicted."""
        if self.loaded.train.targets is None:
            raise ValueError("training rows have targets")
        return self.loaded.train.targets

    @property
    def folds(self) -> NDArray[np.int64]:
        """(rows,) the fold of each."""
        return np.asarray(self.oof.folds, dtype=np.int64)


def read_runs(project: Project, names: Sequence[str]) -> list[ReportedRun]:
    """The finished runs `names`, all of one competition, whose files are read once.

    Raises:
        DataError: some have not finished, they are of several competitions, or the data has
            changed since one was made; all at once.
        StorageError: one is damaged.
    """
    scores = _scores_of(project, names)
    first = scores[names[0]].competition
    whole = load(load_competition(project.competition(first)))
    expecting, complaints = Expecting(project), Complaints()
    for name in names:
        try:
            check_unchanged(whole, scores[name], name)
        except DataError as error:
            complaints.extend(error.complaints)
    complaints.raise_if_any(DataError)
    return [_read(project, name, scores[name], whole, expecting) for name in names]


def _scores_of(project: Project, names: Sequence[str]) -> dict[str, RunScores]:
    found, complaints = dict[str, RunScores](), Complaints()
    for name in names:
        try:
            found[name] = read_scores(project.run(name))
        except DataError as error:
            complaints.extend(error.complaints)
    of = {name: scores.competition for name, scores in found.items()}
    if len(set(of.values())) > 1:
        told = ", ".join(f"{name} of {competition}" for name, competition in of.items())
        complaints.add(
            f"runs side by side are of one competition, got {told}; report on them one by one"
        )
    complaints.raise_if_any(DataError)
    return found


def _read(
    project: Project, name: str, scores: RunScores, whole: LoadedCompetition, expecting: Expecting
) -> ReportedRun:
    folder = project.run(name)
    oof, _ = read_tables(folder)
    kept = set(oof.ids)
    at = [i for i, row in enumerate(whole.train.ids) if row in kept]
    loaded = whole if len(at) == len(whole.train) else _with_rows(whole, at)
    return ReportedRun(
        name=name,
        folder=folder,
        scores=scores,
        loaded=loaded,
        oof=oof.aligned_to(loaded.train.ids, f"the training rows of {name}"),
        expected=expecting.of(name, scores),
        private=private_scores_of(project, name, loaded),
    )


def _with_rows(whole: LoadedCompetition, at: Sequence[int]) -> LoadedCompetition:
    return replace(whole, train=whole.train.take(at), strata=None)


def told(error: FoldwiseError) -> str:
    """An error as sentences of a report: what kept a part of it from being made."""
    return " ".join(error.complaints)
