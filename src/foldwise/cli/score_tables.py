"""Scores as rows of tables: metric by metric, so that runs stand below each other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from foldwise.cli.tables import Figure, figure
from foldwise.comparing.comparison_words import expected_of, percent
from foldwise.comparing.expected import OUTSIDE, ExpectedScore, outside_remark
from foldwise.errors import listed
from foldwise.pipeline.expecting import Expectation, notes_of
from foldwise.training.run_scores import RunScores

MEANING = "± is one standard error, of the rows' sampling alone"
OPTIMISM = (
    "optimism: what the usual way would add, the best evaluation and the fitted weights scored on "
    "the rows that chose them; the OOF scores here are without what stands there"
)
STILL_IN = "in OOF"
EXPECTED = "expected"  # the column's name
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
    """One run in a table of scores; the private ones by metric."""

    run: str
    scores: RunScores
    private: Mapping[str, Valued] = MappingProxyType({})
    expectation: Expectation = UNKNOWN


def score_rows(runs: Sequence[Scored], *, private: bool) -> list[list[object]]:
    """One row a metric and run: both, OOF, expected, private score where wanted, optimism."""
    rows: list[list[object]] = []
    for metric in runs[0].scores.scores:
        for i, run in enumerate(runs):
            own = shown(run.scores.scores.get(metric))
            others = [interval(run.expectation.scores.get(metric))]
            others += [_private(run, metric)] if private else []
            first, last = (metric if i == 0 else ""), optimism_of(run.scores, metric)
            rows.append([first, run.run, own, *others, last])
    return rows


def is_outside(run: Scored, metric: str) -> bool:
    """Whether the private score lies outside the interval that was expected to hold it."""
    found, expected = run.private.get(metric), run.expectation.scores.get(metric)
    if found is None or expected is None:
        return False
    return not expected.holds(found.value)


def _private(run: Scored, metric: str) -> str:
    told = shown(run.private.get(metric))
    return Figure(f"{told} {OUTSIDE}") if is_outside(run, metric) else told


def outside_remarks(runs: Sequence[Scored]) -> list[str]:
    """What the mark at private scores means, where there is one."""
    scores = [(run, metric) for run in runs for metric in run.private]
    outside = sum(is_outside(run, metric) for run, metric in scores)
    if not outside:
        return []
    return [outside_remark(outside, len(scores))]


def score_columns(*, private: bool) -> list[str]:
    """The header of `score_rows`."""
    return ["metric", "run", "OOF", EXPECTED, *(["private"] if private else []), "optimism"]


def interval(expected: ExpectedScore | None) -> Figure | str:
    """What to expect on test rows: "1.061 to 1.102"; blank where nothing can be told."""
    return "" if expected is None else Figure(expected_of(expected))


def shown(score: Valued | None) -> str:
    """A score with its standard error; blank where there is none."""
    return "" if score is None else figure(score.value, score.standard_error)


def optimism_of(scores: RunScores, metric: str) -> Figure:
    """What was taken off a score that the usual way would report, and whether some is still in it.

    Blank where nothing was chosen or fitted.
    """
    optimism = scores.optimism(metric)
    taken_off = [] if optimism is None else [f"{optimism:+.4f}"]
    # an ensemble's weights may be fitted honestly, and its members' evaluations chosen otherwise
    left_in = [STILL_IN] if most_looks(scores) > 1 else []
    return Figure(", ".join([*taken_off, *left_in]))


def most_looks(scores: RunScores) -> int:
    """The evaluations from which a fold's own rows chose; 0: what predicts them they never chose.

    See `RunScores.looks`.
    """
    return max(scores.looks, default=0)


def remarks(runs: Sequence[RunScores]) -> list[str]:
    """What the figures mean, and what flatters them."""
    lines = [MEANING]
    if any(run.in_sample for run in runs):
        lines.append(OPTIMISM)
    most = max(map(most_looks, runs), default=0)
    if most > 1:
        lines.append(
            f"{STILL_IN}: the score is the best of up to {most} looks at each fold, so that it and "
            f"what is expected are slightly optimistic; training.cross_fitted=true takes that off"
        )
    return lines


def expectation_remarks(expectations: Sequence[Expectation]) -> list[str]:
    """What an expected score holds, and what of it is missing."""
    notes = notes_of(expectations)
    every = [(metric, e) for of in expectations for metric, e in of.scores.items()]
    if not every:
        return notes
    _, first = every[0]
    counts = sorted({e.test_rows for _, e in every})
    rows = f"{listed([f'{n:,}' for n in counts])} test {'row' if counts == [1] else 'rows'}"
    lines = [f"{EXPECTED}: holds {percent(first.level)} of scores on {rows} like these"]
    gained = list(dict.fromkeys(metric for metric, e in every if e.gain is not None))
    others = list(dict.fromkeys(metric for metric, _ in every if metric not in gained))
    what = "what averaging the folds' models gains"
    if gained:
        lines.append(f"  in {listed(gained)} with {what}")
    if others:
        lines.append(f"  in {listed(others)} without {what}, which is unknown")
    return [*lines, *notes]


def scores_as_json(scores: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Scores by metric, for programs."""
    return {name: asdict(value) for name, value in scores.items()}
