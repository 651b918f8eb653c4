"""What finished runs may score on the test rows: from their own files, without training."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from foldwise.comparing.averaging_gain import averaging_gains
from foldwise.comparing.expected import ExpectedScore, Known, expected_score
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load_train
from foldwise.competition.metrics import METRICS
from foldwise.ensembling.record import blend_tables, is_ensemble, read_ensemble
from foldwise.errors import FoldwiseError, listed
from foldwise.paths import Project
from foldwise.pipeline.expected_basis import Basis, keep_basis, kept_basis
from foldwise.predictions.table import Predictions, mean_of, read_predictions
from foldwise.training.run_scores import RunScores

TOLERANCE = 1e-6  # of a prediction: another sum of the same floats stays far below
NAMED = 3  # runs of one note; fifty members may lack the same


@dataclass(frozen=True)
class Expectation:
    """A run's expected scores.

    Attributes:
        scores: by metric; without those whose standard error is unknown.
        run: whose they are; empty: no run's.
        missing: what could not be told, and why; empty: nothing.
    """

    scores: dict[str, ExpectedScore] = field(default_factory=dict)
    run: str = ""
    missing: str = ""

    @property
    def note(self) -> str:
        """What is missing of which run; empty: nothing."""
        return f"{self.run}: {self.missing}" if self.missing else ""


def notes_of(expectations: Iterable[Expectation]) -> list[str]:
    """What is missing, once for all runs that miss the same."""
    runs: dict[str, list[str]] = {}
    for of in expectations:
        if of.missing:
            runs.setdefault(of.missing, []).append(of.run)
    named = {missing: list(dict.fromkeys(names)) for missing, names in runs.items()}
    return [f"{listed(names, NAMED)}: {missing}" for missing, names in named.items()]


class Expecting:
    """Expects scores of a project's runs; a competition's groups are read once.

    Args:
        project: where.
        test_rows: how many rows are to be scored; None: as many as the run predicts.
    """

    def __init__(self, project: Project, test_rows: int | None = None) -> None:
        self._project = project
        self._test_rows = test_rows
        self._groups: dict[str, dict[str, str] | None] = {}

    def of(self, run: str, scores: RunScores) -> Expectation:
        """The expected scores of a finished run; why there are none where files are in the way."""
        folder, missing = self._project.run(run), ""
        basis = kept_basis(folder, scores)
        if basis is None:
            try:
                basis, missing = self._measured(run, scores)
            except FoldwiseError as error:
                return Expectation(run=run, missing=f"no score to expect can be told: {error}")
            if not missing:
                keep_basis(folder, basis)
        test_rows = basis.test_rows if self._test_rows is None else self._test_rows
        if not test_rows:
            return Expectation(run=run)
        expected = {
            name: expected_score(
                METRICS[name],
                Known(metric.value, metric.standard_error, scores.rows, basis.draws - 1.0),
                test_rows,
                basis.gains.get(name),
            )
            for name, metric in scores.scores.items()
            if metric.standard_error is not None
        }
        return Expectation(expected, run, missing)

    def _measured(self, run: str, scores: RunScores) -> tuple[Basis, str]:
        """What the expected scores are made from, and what is missing.

        Raises:
            FoldwiseError: the run's tables or its competition cannot be read.
        """
        folder = self._project.run(run)
        test = read_predictions(folder / "test.csv")
        draws = self._draws(folder, scores)
        gains, missing = self._gains(run, scores, test)
        return Basis(scores.files, len(test), draws, gains), missing

    def _gains(
        self, run: str, scores: RunScores, test: Predictions
    ) -> tuple[dict[str, float | None], str]:
        """What averaging gains by metric, and what of it is missing, and why."""
        unknown = dict.fromkeys(scores.scores)
        if not len(test):
            return unknown, ""
        missing = "the expected score leaves out what averaging the folds' models gains"
        try:
            models = fold_tables(self._project, run, len(scores.looks))
            if models is None or not _is_mean(models, test):
                return unknown, f"{missing}, which the files here do not tell"
            values = {name: metric.value for name, metric in scores.scores.items()}
            return averaging_gains(values, models), ""
        except FoldwiseError as error:  # one damaged run must not hide the others
            return unknown, f"{missing}: {error}"

    def _draws(self, folder: Path, scores: RunScores) -> int:
        """How many rows the scores are of, or groups where rows come in groups."""
        name = scores.competition
        if name not in self._groups:
            competition = load_competition(self._project.competition(name))
            rows = load_train(competition) if competition.group else None
            groups = None if rows is None or rows.groups is None else rows.groups
            ids = () if rows is None else rows.ids
            self._groups[name] = None if groups is None else dict(zip(ids, groups, strict=True))
        group_of = self._groups[name]
        if group_of is None:
            return scores.rows
        ids = read_predictions(folder / "oof.csv").ids
        return len({group_of.get(row_id) for row_id in ids})


def fold_tables(project: Project, run: str, folds: int) -> list[Predictions] | None:
    """What each fold's model predicts for the test rows; None where the files are gone.

    Those of an ensemble are its members', blended as its test predictions are.
    """
    folder = project.run(run)
    if not is_ensemble(folder):
        paths = [folder / f"fold-{fold}" / "test.csv" for fold in range(folds)]
        return [read_predictions(p) for p in paths] if all(p.is_file() for p in paths) else None
    ensemble = read_ensemble(folder)
    members = [fold_tables(project, member, folds) for member in ensemble.members]
    whole = [tables for tables in members if tables is not None]
    if len(whole) < len(members) or len(ensemble.weights) != len(members):
        return None
    return [blend_tables(ensemble, tables) for tables in zip(*whole, strict=True)]


def _is_mean(models: Sequence[Predictions], test: Predictions) -> bool:
    """Whether the run's test predictions are the mean of these: a member may have changed since."""
    mean = mean_of(models)
    if set(mean.ids) != set(test.ids) or mean.outputs != test.outputs:
        return False
    values = mean.aligned_to(test.ids, "the test rows").values
    return bool(np.allclose(values, test.values, rtol=TOLERANCE, atol=TOLERANCE))
