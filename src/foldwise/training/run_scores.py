"""What a finished run is worth: `scores.json` beside its `oof.csv` and `test.csv`."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.metrics import Metric, companions, metric_named, score
from foldwise.errors import DataError, StorageError, listed
from foldwise.locks import holder_of
from foldwise.predictions.table import Predictions, parse_predictions, write_predictions
from foldwise.storage import read_record, sha256_of_file, write_json
from foldwise.training.corpus import data_hash

FILE = "scores.json"
TABLES = ("oof.csv", "test.csv")


@dataclass(frozen=True)
class MetricScores:
    """One metric of an OOF table: overall, its standard error, and fold by fold."""

    value: float
    standard_error: float | None
    folds: list[float]


@dataclass(frozen=True)
class RunScores:
    """A finished run in figures.

    Attributes:
        kind: "encoder", "tfidf" or "ensemble".
        scores: by metric, the competition's own first.
        looks: by fold, the evaluations that its rows themselves chose from, whose best is
            reported: scores are optimistic by a little that grows with the looks. 0: no choice.
        data, folds: hashes; runs made from different ones are never mixed.
        seconds: of training, all folds together.
        files: SHA-256 of `oof.csv` and `test.csv`, which these scores belong to.
        in_sample: by metric, the scores of what was chosen or fitted, on the rows that chose it;
            empty where nothing was, or where `scores` are that. Less `scores`: the optimism.
    """

    competition: str
    kind: str
    metric: str
    scores: dict[str, MetricScores]
    rows: int
    looks: list[int]
    data: str
    folds: str
    seconds: float
    facts: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    in_sample: dict[str, MetricScores] = field(default_factory=dict)

    def optimism(self, metric: str) -> float | None:
        """What the usual way would flatter a score by; None where nothing was taken off it."""
        flattered, honest = self.in_sample.get(metric), self.scores.get(metric)
        return None if flattered is None or honest is None else flattered.value - honest.value


def score_table(loaded: LoadedCompetition, oof: Predictions) -> dict[str, MetricScores]:
    """The competition's metric and its companions on OOF predictions, with standard errors.

    A companion that is undefined on some fold (a correlation on a single row) is left out.

    Raises:
        DataError: the table is no OOF of these training rows: ids differ, or it has no folds.
    """
    aligned = oof.aligned_to(loaded.train.ids, "the training rows")
    targets = loaded.train.targets
    if aligned.folds is None or targets is None:
        raise DataError("an OOF table has a column fold, and its rows have targets; got none")
    own = metric_named(loaded.competition.metric, loaded.competition.task)
    table = {own.name: _metric_scores(own, targets, aligned, loaded.train.groups)}
    for metric in companions(own):
        with suppress(DataError):
            table[metric.name] = _metric_scores(metric, targets, aligned, loaded.train.groups)
    return table


def _metric_scores(
    metric: Metric,
    targets: NDArray[np.float64],
    oof: Predictions,
    groups: Sequence[str] | None,
) -> MetricScores:
    overall = score(metric, targets, oof.values, groups)
    by_fold = [
        score(metric, targets[oof.folds == k], oof.values[oof.folds == k]).value
        for k in np.unique(np.asarray(oof.folds))
    ]
    return MetricScores(overall.value, overall.standard_error, by_fold)


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


def write_run(run: Path, scores: RunScores, oof: Predictions, test: Predictions) -> None:
    """Write a finished run's tables, and its scores last, so that these are never of others."""
    (run / FILE).unlink(missing_ok=True)
    write_predictions(run / "oof.csv", oof)
    write_predictions(run / "test.csv", test)
    files = {name: sha256_of_file(run / name) for name in TABLES}
    write_json(run / FILE, asdict(replace(scores, files=files)))


def is_finished(run: Path) -> bool:
    """Whether the run has scores and both tables."""
    return not _missing(run)


def _missing(run: Path) -> list[str]:
    return [name for name in (FILE, *TABLES) if not (run / name).is_file()]


def read_scores(run: Path) -> RunScores:
    """The scores of a finished run.

    Raises:
        DataError: the run does not exist or has not finished; says what to run.
        StorageError: its scores are damaged.
    """
    if missing := _missing(run):
        state = "has not finished" if run.is_dir() else "does not exist"
        holder = holder_of(run)
        todo = f"wait for process {holder}, which is at work on it"
        raise DataError(
            f"run {run.name!r} {state}: {run} has no {listed(missing)}; "
            f"{todo if holder else 'run: foldwise train EXPERIMENT'}"
        )
    return read_record(run / FILE, _run_scores)


def _run_scores(
    scores: Mapping[str, Mapping[str, Any]],
    in_sample: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    **rest: Any,
) -> RunScores:
    tables = [{name: MetricScores(**s) for name, s in t.items()} for t in (scores, in_sample)]
    return RunScores(scores=tables[0], in_sample=tables[1], **rest)


def read_tables(run: Path) -> tuple[Predictions, Predictions]:
    """OOF and test predictions of a finished run, as they were when it was scored.

    Raises:
        StorageError: a table is not the one that the run's scores belong to.
    """
    files = read_scores(run).files
    oof, test = (_as_scored(run, name, files.get(name)) for name in TABLES)
    return oof, test


def read_test(run: Path) -> Predictions:
    """The test predictions alone of a finished run, as they were when it was scored.

    Raises:
        StorageError: the table is not the one that the run's scores belong to.
    """
    return _as_scored(run, "test.csv", read_scores(run).files.get("test.csv"))


def _as_scored(run: Path, name: str, expected: str | None) -> Predictions:
    """The table, if these very bytes, read once, have the SHA-256 that is expected."""
    data = (run / name).read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        raise StorageError(
            f"{run / name} is not what the run's scores belong to (SHA-256 in {FILE}); restore "
            f"it, or delete {run / FILE} and run the command that made it again"
        )
    return parse_predictions(data, run / name)
