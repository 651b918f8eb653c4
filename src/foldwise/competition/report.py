"""What a competition's data is like: labels, lengths, duplicates, groups."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.duplicates import Duplicates, find_duplicates, folded_text
from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.rows import Rows

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Lengths:
    """How long texts are, in one unit; the texts of a pair are counted together."""

    median: float
    p95: float
    p99: float
    longest: int
    over: float | None  # the share longer than the maximal length, where there is one


@dataclass(frozen=True)
class TokenCounts:
    """Lengths in tokens, special ones included, before any truncation.

    Attributes:
        train: (training rows,)
        test: (test rows,)
        max_length: tokens an encoder is given at most.
    """

    train: NDArray[np.int64]
    test: NDArray[np.int64]
    max_length: int


@dataclass(frozen=True)
class TargetSummary:
    """One target's distribution."""

    name: str
    mean: float
    standard_deviation: float
    least: float
    greatest: float
    quantiles: dict[str, float]


@dataclass(frozen=True)
class PartReport:
    """One file's rows."""

    rows: int
    blank: tuple[str, ...]  # ids of rows without a single visible character
    lengths: dict[str, Lengths]  # by unit: characters, words, tokens


@dataclass(frozen=True)
class Groups:
    """Rows that must share a fold."""

    count: int
    largest: str
    rows_of_largest: int


@dataclass(frozen=True)
class DataReport:
    """Everything worth knowing before folds are made.

    Attributes:
        competition: its name.
        train: the training rows.
        test: the test rows.
        labels: training rows of each label, in label order; empty in a regression.
        targets: one a target; empty in a classification.
        exact: texts equal to the last character.
        folded: texts equal but for case and white space.
        groups: None where the competition has none.
    """

    competition: str
    train: PartReport
    test: PartReport
    labels: dict[str, int]
    targets: tuple[TargetSummary, ...]
    exact: Duplicates
    folded: Duplicates
    groups: Groups | None

    def as_json(self) -> dict[str, Any]:
        """The report as what `json.dumps` takes."""
        return asdict(self)


def describe(loaded: LoadedCompetition, tokens: TokenCounts | None = None) -> DataReport:
    """The report on all rows of `loaded`; with lengths in tokens where they are given."""
    train, test = loaded.train, loaded.test
    limit = None if tokens is None else tokens.max_length
    return DataReport(
        competition=loaded.competition.name,
        train=_part(train, None if tokens is None else tokens.train, limit),
        test=_part(test, None if tokens is None else tokens.test, limit),
        labels=_label_counts(loaded),
        targets=_target_summaries(loaded),
        exact=find_duplicates(train, test),
        folded=find_duplicates(train, test, folded_text),
        groups=None if train.groups is None else _groups(train.groups),
    )


def _part(rows: Rows, tokens: NDArray[np.int64] | None, limit: int | None) -> PartReport:
    lengths: dict[str, Lengths] = {}
    if len(rows):
        characters = [sum(map(len, text)) for text in rows.texts]
        words = [sum(len(part.split()) for part in text) for text in rows.texts]
        lengths = {"characters": _lengths(characters, None), "words": _lengths(words, None)}
        if tokens is not None:
            if tokens.shape != (len(rows),):
                raise ValueError(f"one count a row: {len(rows)} rows, got {tokens.shape}")
            lengths["tokens"] = _lengths(tokens, limit)
    blank = [i for i, text in enumerate(rows.texts) if not any(part.strip() for part in text)]
    return PartReport(len(rows), tuple(rows.ids[i] for i in blank), lengths)


def _lengths(counts: Sequence[int] | NDArray[np.int64], limit: int | None) -> Lengths:
    lengths = np.asarray(counts, dtype=np.int64)
    median, p95, p99 = (float(value) for value in np.quantile(lengths, [0.5, 0.95, 0.99]))
    over = None if limit is None else float((lengths > limit).mean())
    return Lengths(median, p95, p99, int(lengths.max()), over)


def _label_counts(loaded: LoadedCompetition) -> dict[str, int]:
    if loaded.train.targets is None or not loaded.labels:
        return {}
    indices = loaded.train.targets[:, 0].astype(np.int64)
    counts = np.bincount(indices, minlength=len(loaded.labels))
    return dict(zip(loaded.labels, counts.tolist(), strict=True))


def _target_summaries(loaded: LoadedCompetition) -> tuple[TargetSummary, ...]:
    if loaded.train.targets is None or loaded.labels:
        return ()
    columns = zip(loaded.competition.target, loaded.train.targets.T, strict=True)
    return tuple(
        TargetSummary(
            name,
            float(values.mean()),
            float(values.std()),
            float(values.min()),
            float(values.max()),
            {f"{q:.0%}": float(np.quantile(values, q)) for q in QUANTILES},
        )
        for name, values in columns
    )


def _groups(groups: Sequence[str]) -> Groups:
    counts = Counter(groups)
    largest, rows = counts.most_common(1)[0]
    return Groups(len(counts), largest, rows)
