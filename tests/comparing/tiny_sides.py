"""Rows with targets, and predictions of them, made of random numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from foldwise.comparing.sides import Side
from foldwise.competition.rows import Rows
from foldwise.predictions.table import Predictions

Floats = NDArray[np.float64]


def rows_of(targets: Floats, groups: Sequence[str] | None = None) -> Rows:
    """Rows `r000` ... with these targets, (rows, targets)."""
    ids = names(len(targets))
    return Rows(
        ids=ids,
        texts=tuple(("text",) for _ in ids),
        lines=np.arange(len(ids), dtype=np.int64),
        targets=targets,
        groups=None if groups is None else tuple(groups),
    )


def names(count: int) -> tuple[str, ...]:
    """Ids `r000` ..."""
    return tuple(f"r{i:03d}" for i in range(count))


def table_of(values: Floats, folds: int = 4) -> Predictions:
    """Predictions (rows, outputs) of rows `r000` ..., in folds that follow each other."""
    outputs = tuple(f"o{i}" for i in range(values.shape[1]))
    fold = np.arange(len(values), dtype=np.int64) % folds
    return Predictions(names(len(values)), outputs, values, fold)


def side_of(name: str, *seeds: Floats) -> Side:
    """A side with one table a seed, numbered from 0."""
    return Side(name, {seed: table_of(values) for seed, values in enumerate(seeds)})


def shuffled(table: Predictions, rng: np.random.Generator) -> Predictions:
    """The same predictions in another order."""
    order = rng.permutation(len(table))
    return table.aligned_to([table.ids[i] for i in order], "the test")


def two_models(seed: int, rows: int = 300) -> tuple[Floats, Floats, Floats]:
    """Targets (rows, 1), and predictions of two models that err alike, the first a bit less."""
    rng = np.random.default_rng(seed)
    targets = rng.normal(size=(rows, 1))
    shared = rng.normal(size=(rows, 1))
    first, second = (
        targets + 0.5 * shared + size * rng.normal(size=(rows, 1)) for size in (0.2, 0.4)
    )
    return targets, first, second
