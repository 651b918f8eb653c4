"""A loaded competition of given rows, without any file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foldwise.competition.competition import Competition, FileFormat, Files
from foldwise.competition.loading import LoadedCompetition
from foldwise.competition.rows import Rows
from foldwise.competition.sample import Sample


def make_rows(
    texts: Sequence[str],
    targets: Sequence[float] | Sequence[Sequence[float]] | None = None,
    groups: Sequence[str] | None = None,
    prefix: str = "r",
) -> Rows:
    """Rows with ids r000, r001 and so on; the first stands on line 2."""
    values = None if targets is None else np.array(targets, dtype=np.float64)
    return Rows(
        ids=tuple(f"{prefix}{i:03d}" for i in range(len(texts))),
        texts=tuple((text,) for text in texts),
        lines=np.arange(2, len(texts) + 2),
        targets=values.reshape(len(texts), -1) if values is not None else None,
        groups=None if groups is None else tuple(groups),
    )


def make_loaded(
    train: Rows,
    labels: Sequence[str] = (),
    target: Sequence[str] = ("y",),
    stratify: str = "",
    strata: Sequence[str] | None = None,
    test: Rows | None = None,
) -> LoadedCompetition:
    """A regression, or with `labels` a classification; without `test` there are no test rows."""
    competition = Competition(
        folder=Path("input/tiny"),
        title="Tiny",
        task="classification" if labels else "regression",
        metric="accuracy" if labels else "rmse",
        id="id",
        text=("text",),
        target=tuple(target),
        group="book" if train.groups is not None else "",
        stratify=stratify,
        labels=tuple(labels),
        files=Files(train="train.csv", test="test.csv", sample_submission="sample.csv"),
    )
    rows = make_rows([], prefix="t") if test is None else test
    sample = Sample(
        path=Path("sample.csv"),
        header=("id", *target),
        id="id",
        ids=rows.ids,
        format=FileFormat(),
        layout="label" if labels else "values",
        outputs=() if labels else tuple(range(len(target))),
        labels=tuple(labels),
    )
    return LoadedCompetition(
        competition=competition,
        labels=tuple(labels),
        outputs=tuple(target),
        train=train,
        test=rows,
        sample=sample,
        strata=None if strata is None else tuple(strata),
    )


def numbered_texts(count: int) -> list[str]:
    """Different texts that are not similar."""
    return [f"text number {i} says {i * i} and {i % 7}" for i in range(count)]
