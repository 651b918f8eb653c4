"""What a run learns from and predicts: training rows with their folds, and test rows."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import metric_named, score
from foldwise.errors import Complaints, DataError, UsageError, listed
from foldwise.folds.table import read_checked_folds
from foldwise.paths import Project
from foldwise.settings import Settings
from foldwise.storage import sha256_of_strings


@dataclass(frozen=True, eq=False)
class Corpus:
    """The rows of one run, sorted by id: a position means the same row however the files stand.

    Attributes:
        loaded: the competition; its `train` is restricted to the rows the run learns from.
        train_ids, test_ids: in the order of the files, for the tables that people read.
        folds: (rows,) the fold of each training row, 0 .. n_folds - 1.
        n_folds: how many folds there are.
        data_hash: of the training and test rows, whatever their order.
        folds_hash: of the assignment of ids to folds.
    """

    loaded: LoadedCompetition
    train_ids: tuple[str, ...]
    test_ids: tuple[str, ...]
    folds: NDArray[np.int64]
    n_folds: int
    data_hash: str
    folds_hash: str

    def targets(self) -> NDArray[np.float64]:
        """The training rows' targets, (rows, targets)."""
        if self.loaded.train.targets is None:
            raise ValueError("training rows have targets")
        return self.loaded.train.targets

    def checked_folds(self, asked: Sequence[int] | None) -> tuple[int, ...]:
        """The folds asked for, ascending; None: all.

        Raises:
            UsageError: there are no such folds.
        """
        if unknown := [fold for fold in asked or () if not 0 <= fold < self.n_folds]:
            raise UsageError(
                f"folds are numbered 0 to {self.n_folds - 1}; got {listed(unknown)}; choose "
                f"among them"
            )
        return tuple(range(self.n_folds)) if asked is None else tuple(sorted(set(asked)))

    def training_positions(self, fold: int) -> NDArray[np.int64]:
        """Where the rows are that the model of `fold` learns from."""
        return np.flatnonzero(self.folds != fold).astype(np.int64)

    def validation_positions(self, fold: int) -> NDArray[np.int64]:
        """Where the rows are that the model of `fold` never sees."""
        return np.flatnonzero(self.folds == fold).astype(np.int64)


def load_corpus(project: Project, chosen: Settings) -> Corpus:
    """The corpus an experiment's settings describe.

    Raises:
        DataError: the data or the fold table are missing or wrong, or a fold cannot be scored;
            says what to run.
    """
    loaded = load(load_competition(project.competition(chosen.competition)))
    path = project.folds(chosen.competition)
    if not path.is_file():
        raise DataError(
            f"no folds: {path} does not exist; run: foldwise folds {chosen.competition}"
        )
    table = read_checked_folds(path, loaded.train)
    folds = table.for_rows(loaded.train)
    n_folds = int(folds.max()) + 1
    if chosen.training.folds:
        n_folds = _merged_count(chosen.training.folds, n_folds)
        folds = folds % n_folds
    kept = _sample(loaded.train.ids, chosen.training.rows)
    hashes = data_hash(loaded), table.fingerprint()
    train_ids = loaded.train.take(kept).ids
    order = sorted(kept.tolist(), key=loaded.train.ids.__getitem__)
    by_test_id = sorted(range(len(loaded.test)), key=loaded.test.ids.__getitem__)
    test_ids = loaded.test.ids
    loaded = replace(
        loaded, train=loaded.train.take(order), test=loaded.test.take(by_test_id), strata=None
    )
    folds = folds[order]
    if len(np.unique(folds)) < n_folds:
        raise UsageError(
            f"each of the {n_folds} folds needs a row, but training.rows={chosen.training.rows} "
            f"leaves {len(np.unique(folds))} of them; take more rows"
        )
    _check_scorable(loaded, folds)
    return Corpus(loaded, train_ids, test_ids, folds, n_folds, *hashes)


def data_hash(loaded: LoadedCompetition) -> str:
    """A hash of all rows, whatever their order, and of what is predicted from them."""
    competition = loaded.competition
    asked = [competition.task, competition.metric, *competition.text, *loaded.outputs]
    return sha256_of_strings(loaded.train.fingerprint(), loaded.test.fingerprint(), *asked)


def _check_scorable(loaded: LoadedCompetition, folds: NDArray[np.int64]) -> None:
    """Check, before hours of training, that each fold's rows can be scored at all.

    Raises:
        DataError: a metric is undefined on a fold, as AUC is where all labels are the same.
    """
    if loaded.train.targets is None:
        raise ValueError("training rows have targets")
    metric = metric_named(loaded.competition.metric, loaded.competition.task)
    complaints = Complaints()
    for fold in np.unique(folds):
        targets = loaded.train.targets[folds == fold]
        varied = np.linspace(0.1, 0.9, targets.shape[0] * len(loaded.outputs))
        guess = varied.reshape(targets.shape[0], len(loaded.outputs))
        if loaded.competition.task == "classification":
            guess = guess / guess.sum(axis=1, keepdims=True)
        try:
            score(metric, targets, guess)
        except DataError as error:
            complaints.add(
                f"fold {fold} of {loaded.competition.name} has no {metric.name}: {error}; make "
                f"other folds, fewer or stratified: foldwise folds {loaded.competition.name}"
            )
    complaints.raise_if_any(DataError)


def _merged_count(wanted: int, present: int) -> int:
    if not 2 <= wanted <= present:
        raise UsageError(
            f"training.folds merges the table's {present} folds into 2 to {present}, got {wanted}; "
            f"choose 0, which keeps them, or one of these"
        )
    return wanted


def _sample(ids: tuple[str, ...], wanted: int) -> NDArray[np.int64]:
    """Positions of `wanted` rows, in file order; chosen by a hash of the id, so by no order."""
    if wanted == 0 or wanted >= len(ids):
        return np.arange(len(ids), dtype=np.int64)
    digests = [hashlib.sha256(name.encode()).digest() for name in ids]
    return np.sort(
        np.array(sorted(range(len(ids)), key=digests.__getitem__)[:wanted], dtype=np.int64)
    )
