"""The training rows that a run predicts most alike to new texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import load
from foldwise.competition.rows import Rows
from foldwise.errors import DataError, counted, listed
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.training.run_scores import check_unchanged, read_scores, read_tables

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbour:
    """A training row and how it was predicted by the model that did not see it.

    Attributes:
        id: of the row.
        fold: that it was validated in.
        text: its parts.
        predicted: its OOF outputs, by name.
        target: its true targets by name; of a classification the label.
        distance: of its outputs from those of the new text; each output of a regression is divided
            by its standard deviation in the OOF, so that targets of other scales count alike.
    """

    id: str
    fold: int
    text: tuple[str, ...]
    predicted: Mapping[str, float]
    target: Mapping[str, float | str]
    distance: float


def neighbours(
    project: Project, run: str, predictions: Predictions, count: int = 5
) -> list[list[Neighbour]]:
    """For each predicted row the `count` nearest training rows, nearest first.

    Nearest by OOF prediction, which each comes from one fold's model, while new texts are predicted
    by the mean over folds. Of equally near ones, those of the smaller ids.

    Args:
        project: where.
        run: a finished run.
        predictions: of new texts by this run.
        count: how many; fewer where there are fewer rows.

    Raises:
        DataError: the run has not finished, or rows that it has predicted are gone or have changed.
    """
    scores = read_scores(project.run(run))
    competition = load_competition(project.competition(scores.competition))
    oof, _ = read_tables(project.run(run))
    loaded = load(competition)
    rows = rows_of(loaded.train, oof)
    check_unchanged(loaded, scores, run)
    of_row = partial(_neighbour, competition.target, loaded.labels, rows, oof)
    scale = np.ones(len(oof.outputs))
    if competition.task == "regression":
        spread = oof.values.std(axis=0)
        scale = np.where(spread > 0, spread, 1.0)
    by_id = np.argsort(np.array(oof.ids), kind="stable")
    found = []
    for values in predictions.values:
        distances = np.linalg.norm((oof.values - values) / scale, axis=1)
        nearest = by_id[np.argsort(distances[by_id], kind="stable")][:count]
        found.append([of_row(i, distances[i]) for i in nearest])
    return found


def rows_of(train: Rows, oof: Predictions) -> Rows:
    """The training rows that an OOF table has, in its order.

    Raises:
        DataError: one of them is gone.
    """
    position = {name: i for i, name in enumerate(train.ids)}
    if missing := [name for name in oof.ids if name not in position]:
        are = counted(
            len(missing),
            "row that the run has predicted is no training row",
            "rows that the run has predicted are no training rows",
        )
        raise DataError(
            f"{are} any more: {listed(missing)}; restore the training file, or train the run again"
        )
    return train.take([position[name] for name in oof.ids])


def _neighbour(
    columns: tuple[str, ...],
    labels: tuple[str, ...],
    rows: Rows,
    oof: Predictions,
    at: int,
    distance: float,
) -> Neighbour:
    if rows.targets is None or oof.folds is None:
        raise ValueError("training rows have targets, and OOF predictions folds")
    numbers = rows.targets[at].tolist()
    targets: list[float | str] = [labels[int(n)] for n in numbers] if labels else numbers
    return Neighbour(
        id=oof.ids[at],
        fold=int(oof.folds[at]),
        text=rows.texts[at],
        predicted=dict(zip(oof.outputs, oof.values[at].tolist(), strict=True)),
        target=dict(zip(columns, targets, strict=True)),
        distance=float(distance),
    )
