"""Scores as rows of tables: metric by metric, so that runs stand below each other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol

from foldwise.cli.tables import Figure, figure
from foldwise.comparing.comparison_words import expected_of, percent
from foldwise.comparing.expected import ExpectedScore
from foldwise.errors import listed
from foldwise.pipeline.expecting import Expectation

MEANING = "± is one standard error, of the rows' sampling alone"
EXPECTED = "expected on test"  # the column's name
UNKNOWN = Expectation()


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
    expectation: Expectation = UNKNOWN


def score_rows(runs: Sequence[Scored], *, private: bool) -> list[list[object]]:
    """One row a metric and run: both, OOF, expected, private score where wanted, looks a fold."""
    rows: list[list[object]] = []
    for metric in runs[0].oof:
        for i, run in enumerate(runs):
            scores = [shown(run.oof.get(metric)), interval(run.expectation.scores.get(metric))]
            scores += [shown(run.private.get(metric))] if private else []
            rows.append([metric if i == 0 else "", run.run, *scores, looks_of(run.looks)])
    return rows


def score_columns(*, private: bool) -> list[str]:
    """The header of `score_rows`."""
    return ["metric", "run", "OOF", EXPECTED, *(["private"] if private else []), "looks"]


def interval(expected: ExpectedScore | None) -> Figure | str:
    """What to expect on test rows: "1.0610 to 1.1020"; blank where nothing can be told."""
    return "" if expected is None else Figure(expected_of(expected))


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
    lines = [MEANING, *expectation_remarks([run.expectation for run in runs])]
    if most < 2:
        return lines
    return [
        *lines,
        f"an OOF score is the best of its looks (up to {most}) at each fold: slightly optimistic",
    ]


def expectation_remarks(expectations: Sequence[Expectation]) -> list[str]:
    """What an expected score holds, and what of it is missing."""
    notes = list(dict.fromkeys(of.note for of in expectations if of.note))
    every = [(metric, e) for of in expectations for metric, e in of.scores.items()]
    if not every:
        return notes
    _, first = every[0]
    rows = listed([f"{n:,}" for n in sorted({e.test_rows for _, e in every})])
    lines = [f"{EXPECTED}: holds {percent(first.level)} of scores on {rows} rows like these"]
    gained = list(dict.fromkeys(metric for metric, e in every if e.gain is not None))
    others = list(dict.fromkeys(metric for metric, _ in every if metric not in gained))
    if gained:
        lines.append(f"  in {listed(gained)} with what averaging the folds' models gains")
    if gained and others:
        lines.append(f"  in {listed(others)} without it: unknown there, and mostly for the better")
    return [*lines, *notes]


def scores_as_json(scores: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Scores by metric, for programs."""
    return {name: asdict(value) for name, value in scores.items()}
