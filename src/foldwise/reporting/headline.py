"""What a run is worth, in a few numbers with their noise."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from foldwise.comparing.comparison_words import expected_of, percent
from foldwise.comparing.expected import outside_remark
from foldwise.errors import counted
from foldwise.reporting.figures import UNKNOWN, difference, direction, duration, figure
from foldwise.reporting.palette import BLUE, GREEN, MUTED, VERMILLION
from foldwise.reporting.plot import Plot, name_rows
from foldwise.reporting.reported_run import ReportedRun
from foldwise.reporting.section import Block, Fact, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Line(NamedTuple):
    """A number with an interval, as one line of a plot."""

    name: str
    value: float
    low: float
    high: float
    colour: str
    marker: str


def headline(run: ReportedRun, *, alone: bool = True) -> Block:
    """The honest score, what choosing added to it, and what to expect of the leaderboard.

    Where it is not `alone`, all runs' scores stand in one plot and one table before this.
    """
    return Block(
        run=run.name,
        facts=_facts(run),
        sentences=_sentences(run),
        plots=[_picture(run)] if alone else [],
        tables=[_metrics(run)] if alone else [],
    )


def _facts(run: ReportedRun) -> list[Fact]:
    own, name = run.scores.scores[run.metric.name], run.metric.name
    facts = [
        Fact(
            f"{name}, out of fold",
            figure(own.value, own.standard_error),
            "± one standard error, of the rows' sampling",
        )
    ]
    expected = run.expected.scores.get(name)
    if expected is not None:
        rows = counted(expected.test_rows, "such row")
        told = f"holds {percent(expected.level)} of scores on {rows}"
        facts.append(Fact("expected leaderboard", expected_of(expected), told))
    optimism = run.scores.optimism(name)
    if optimism is not None:
        facts.append(Fact("optimism taken off", difference(optimism), "what choosing had added"))
    private = run.private.get(name)
    if private is not None:
        rows = f"{private.rows:,} rows kept on this machine"
        facts.append(Fact("hidden solution", run.private_shown(name), rows))
    facts.append(_size(run))
    return facts


def _size(run: ReportedRun) -> Fact:
    folds = len(run.scores.looks)
    took = f"{run.scores.kind}, {duration(run.scores.seconds)} of training, folds added up"
    return Fact("training rows", f"{run.scores.rows:,}", f"in {counted(folds, 'fold')}; {took}")


def _sentences(run: ReportedRun) -> list[str]:
    lines = []
    most = max(run.scores.looks, default=0)
    if most > 1:
        lines.append(
            f"The score is the best of up to {most} looks at each fold, so that it and what is "
            f"expected are slightly optimistic; training.cross_fitted=true takes that off."
        )
    expected = run.expected.scores.get(run.metric.name)
    if expected is not None:
        with_gain = "with" if expected.gain is not None else "without"
        unknown = "" if expected.gain is not None else ", which is unknown"
        lines.append(
            f"What is expected is {with_gain} what averaging the folds' models gains{unknown}; it "
            f"supposes test rows of the same kind as the training rows."
        )
    if run.outside:
        lines.append(f"{outside_remark(len(run.outside), len(run.private))}.")
    if run.expected.note:
        lines.append(f"Note: {run.expected.note}.")
    return lines


def _metrics(run: ReportedRun) -> Table:
    rows = []
    for name, of in run.scores.scores.items():
        expected, optimism = run.expected.scores.get(name), run.scores.optimism(name)
        rows.append(
            [
                name,
                figure(of.value, of.standard_error),
                UNKNOWN if expected is None else expected_of(expected),
                UNKNOWN if optimism is None else difference(optimism),
                *([run.private_shown(name)] if run.private else []),
            ]
        )
    last = ["hidden solution"] if run.private else []
    columns = ["metric", "out of fold", "expected", "optimism", *last]
    return Table("Every metric", columns, [False, *([True] * (len(columns) - 1))], rows)


def _picture(run: ReportedRun) -> Plot:
    lines = lines_of(run)
    told = "; ".join(f"{line.name} {line.value:.4f}" for line in lines)
    return Plot(
        name=f"{run.name}-headline",
        title="Score and what to expect",
        alt=f"{direction(run.metric)}: {told}.",
        draw=lambda axes: draw_intervals(axes, lines, direction(run.metric)),
        height=60.0 + 34.0 * len(lines),
        caption="Bars: one standard error; of what is expected, nine scores in ten.",
    )


def lines_of(run: ReportedRun, label: str = "") -> list[Line]:
    """The run's out-of-fold score, what is expected, and the hidden solution's, top to bottom."""
    name, lines = run.metric.name, list[Line]()
    own, expected = run.scores.scores[name], run.expected.scores.get(name)
    error = own.standard_error or 0.0
    first = own.value - error, own.value + error
    lines.append(Line(f"{label}out of fold", own.value, *first, BLUE, "o"))
    if expected is not None:
        ends = expected.low, expected.high
        lines.append(Line(f"{label}expected", expected.value, *ends, GREEN, "s"))
    private = run.private.get(name)
    if private is not None:
        half = private.standard_error or 0.0
        ends = private.value - half, private.value + half
        lines.append(Line(f"{label}hidden solution", private.value, *ends, VERMILLION, "D"))
    return lines


def draw_intervals(axes: "Axes", lines: Sequence[Line], label: str) -> None:
    """Draw each line's value with its interval, one below the other."""
    for row, line in enumerate(lines):
        axes.plot([line.low, line.high], [row, row], color=line.colour, linewidth=2.4)
        axes.plot(line.value, row, line.marker, color=line.colour, markersize=7)
    name_rows(axes, [line.name for line in lines])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(label, color=MUTED)
