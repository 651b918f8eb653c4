"""Several runs beside each other: their scores, and paired differences on the same rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from foldwise.comparing.comparison import Comparison
from foldwise.comparing.comparison_words import expected_of, span_of, verdict_of
from foldwise.errors import FoldwiseError
from foldwise.paths import Project
from foldwise.pipeline.comparing_runs import compare_runs
from foldwise.reporting.figures import UNKNOWN, difference, direction, figure
from foldwise.reporting.headline import draw_intervals, lines_of
from foldwise.reporting.palette import GREEN, MUTED
from foldwise.reporting.plot import Plot, name_rows, names_beside
from foldwise.reporting.reported_run import ReportedRun, told
from foldwise.reporting.section import Block, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Pair(NamedTuple):
    """A run compared with the first; the reason where it cannot be."""

    run: str
    compared: Comparison | None
    reason: str = ""


def side_by_side(project: Project, runs: Sequence[ReportedRun]) -> Block:
    """A table and a plot of all scores, and each run's paired difference from the first."""
    pairs = [_pair(project, run.name, runs[0].name) for run in runs[1:]]
    known = [pair.compared for pair in pairs if pair.compared is not None]
    sentences = [verdict_of(found) for found in known]
    sentences += [f"{pair.run} is not compared: {pair.reason}" for pair in pairs if pair.reason]
    plots = [_scores(runs), *([_differences(runs[0], known)] if known else [])]
    tables = [_table(runs), *([_differences_table(runs[0], known)] if known else [])]
    return Block(sentences=sentences, plots=plots, tables=tables)


def _pair(project: Project, run: str, first: str) -> Pair:
    try:
        return Pair(run, compare_runs(project, run, first))
    except FoldwiseError as error:  # other folds, say: the runs' own numbers still stand
        return Pair(run, None, told(error))


def _table(runs: Sequence[ReportedRun]) -> Table:
    private = any(run.private for run in runs)
    rows = []
    for metric in runs[0].scores.scores:
        for run in runs:
            own, expected = run.scores.scores.get(metric), run.expected.scores.get(metric)
            optimism = run.scores.optimism(metric)
            rows.append(
                [
                    metric,
                    run.name,
                    UNKNOWN if own is None else figure(own.value, own.standard_error),
                    UNKNOWN if expected is None else expected_of(expected),
                    UNKNOWN if optimism is None else difference(optimism),
                    *([run.private_shown(metric)] if private else []),
                ]
            )
    last = ["hidden solution"] if private else []
    columns = ["metric", "run", "out of fold", "expected", "optimism", *last]
    numeric = [False, False, *([True] * (len(columns) - 2))]
    return Table("Scores, ± one standard error", columns, numeric, rows)


def _differences_table(first: ReportedRun, known: Sequence[Comparison]) -> Table:
    rows = [
        [
            of.metric,
            found.first,
            difference(of.difference.value, of.difference.standard_error),
            span_of(of.low, of.high),
        ]
        for found in known
        for of in found.metrics
    ]
    columns = ["metric", "run", f"minus {first.name}", "95 % interval"]
    return Table("Paired differences on the same rows", columns, [False, False, True, True], rows)


def _scores(runs: Sequence[ReportedRun]) -> Plot:
    names = names_beside([run.name for run in runs])
    lines = [
        line._replace(name=name if i == 0 else line.name)
        for run, name in zip(runs, names, strict=True)
        for i, line in enumerate(lines_of(run))
    ]
    shown = "; ".join(f"{run.name} {run.scores.scores[run.metric.name].value:.4f}" for run in runs)
    label = direction(runs[0].metric)
    return Plot(
        name="side-by-side-scores",
        title="Scores and what to expect",
        alt=f"{label}, out of fold: {shown}.",
        draw=lambda axes: draw_intervals(axes, lines, label),
        height=70.0 + 24.0 * len(lines),
        caption="The first line of each run is its out-of-fold score with one standard error; what "
        "is expected holds nine scores in ten.",
    )


def _differences(first: ReportedRun, known: Sequence[Comparison]) -> Plot:
    shown = "; ".join(
        f"{found.first} {found.own.difference.value:+.4f}, 95 % "
        f"{span_of(found.own.low, found.own.high)}"
        for found in known
    )
    return Plot(
        name="side-by-side-differences",
        title=f"Difference from {first.name}",
        alt=f"{direction(first.metric)}, minus {first.name}: {shown}.",
        draw=lambda axes: _draw_differences(axes, first, known),
        height=80.0 + 34.0 * max(2, len(known)),
        caption="Paired on the same rows, with 95 % intervals; dots: fold by fold.",
    )


def _draw_differences(axes: "Axes", first: ReportedRun, known: Sequence[Comparison]) -> None:
    axes.axvline(0, color=MUTED, linewidth=1.0)
    for row, found in enumerate(known):
        own = found.own
        folds = [of.value for of in found.folds.values() if of is not None]
        axes.plot(folds, [row + 0.22] * len(folds), "o", color=MUTED, markersize=3.5)
        if own.low is not None and own.high is not None:
            axes.plot([own.low, own.high], [row, row], color=GREEN, linewidth=2.4)
        axes.plot(own.difference.value, row, "s", color=GREEN, markersize=7)
    name_rows(axes, names_beside([found.first for found in known]))
    axes.set_xlabel(direction(first.metric))
