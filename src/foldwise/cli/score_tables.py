"""Scores as rows of tables: metric by metric, so that runs stand below each other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol

from foldwise.cli.tables import Figure, figure

MEANING = "± is one standard error, of the rows' sampling alone"


class Valued(Protocol):
    """A score that knows its standard error."""

    @property
    def value(self) -> float:
        """In the metric's unit."""

    @property
    def standard_error(self) -> float | None:
        """In the same unit; None where nothing is known about it."""


class Scored(NamedTuple):
    """One run in a table of scores, each mapping by metric."""

    run: str
    oof: Mapping[str, Valued]
    private: Mapping[str, Valued]
    looks: Sequence[int]


def score_rows(runs: Sequence[Scored], *, private: bool) -> list[list[object]]:
    """One row a metric and run: metric, run, OOF, private score where wanted, looks a fold."""
    rows: list[list[object]] = []
    for metric in runs[0].oof:
        for i, run in enumerate(runs):
            hidden = [shown(run.private.get(metric))] if private else []
            first = metric if i == 0 else ""
            rows.append([first, run.run, shown(run.oof.get(metric)), *hidden, looks_of(run.looks)])
    return rows


def score_columns(*, private: bool) -> list[str]:
    """The header of `score_rows`."""
    return ["metric", "run", "OOF", *(["private"] if private else []), "looks"]


def shown(score: Valued | None) -> str:
    """A score with its standard error; blank where there is none."""
    return "" if score is None else figure(score.value, score.standard_error)


def looks_of(looks: Sequence[int]) -> Figure:
    """How often each fold's validation rows were looked at: 4, or 3-4 where folds differ."""
    least, most = min(looks), max(looks)
    return Figure(least if least == most else f"{least}-{most}")


def remarks(runs: Sequence[Scored]) -> list[str]:
    """What the figures mean, and what flatters them."""
    most = max(max(run.looks) for run in runs)
    if most < 2:
        return [MEANING]
    return [
        MEANING,
        f"an OOF score is the best of its looks (up to {most}) at each fold: slightly optimistic",
    ]


def scores_as_json(scores: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Scores by metric, for programs."""
    return {name: asdict(value) for name, value in scores.items()}
