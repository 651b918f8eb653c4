"""What the run learned from: lengths, labels, duplicates, and whether test texts are alike."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foldwise.competition.report import DataReport, describe
from foldwise.errors import counted
from foldwise.reporting.classification import shortened_label
from foldwise.reporting.drift import Baseline, Drift, drift
from foldwise.reporting.figures import percent
from foldwise.reporting.palette import BLUE, ORANGE
from foldwise.reporting.plot import Plot
from foldwise.reporting.reported_run import ReportedRun
from foldwise.reporting.section import Block, Fact, Table
from foldwise.reporting.words import words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

BARS = 30
MOST_TARGETS = 6
SHOWN_LENGTHS = 0.995  # quantile; the few longer texts would press all others to the left
FLAT = 40  # labels that have a bar each


def data_block(run: ReportedRun) -> Block:
    """The competition's data; the same for all its runs."""
    found = describe(run.loaded)
    apart = drift(run.loaded.train, run.loaded.test)
    plots = [_lengths(run), *_targets(run, found)]
    return Block(
        facts=_facts(run, found, apart),
        sentences=_sentences(run, apart),
        plots=plots,
        tables=[_parts(found), _duplicates(found)],
    )


def _facts(run: ReportedRun, found: DataReport, apart: Drift | None) -> list[Fact]:
    facts = [
        Fact("training rows", f"{found.train.rows:,}", run.competition.task),
        Fact("test rows", f"{found.test.rows:,}"),
    ]
    if found.groups is not None:
        largest = f"the largest has {counted(found.groups.rows_of_largest, 'row')}"
        facts.append(Fact("groups", f"{found.groups.count:,}", largest))
    if apart is not None:
        verdict = "no difference seen" if apart.is_noise else "they differ"
        note = f"{verdict}; {_by_chance(apart.baseline)}"
        facts.append(Fact("test told from train, AUC", str(apart.auc), note))
    return facts


def _sentences(run: ReportedRun, apart: Drift | None) -> list[str]:
    if apart is None:
        return [
            "Whether test texts are of another kind cannot be told: it takes fifty different texts "
            "of each file that share words, and groups to deal where rows have some; there are "
            f"{counted(len(run.loaded.test), 'test row')}."
        ]
    first, second = apart.rows
    line = (
        f"A model that looks at words tells {second:,} test rows from {first:,} training rows "
        f"with an AUC of {apart.auc} on rows it did not learn from; {_by_chance(apart.baseline)}."
    )
    if apart.is_noise:
        return [f"{line} So their words do not differ, as far as this can show."]
    return [
        f"{line} So they differ, and scores on the leaderboard may too. It goes by: test, "
        f"{', '.join(apart.of_test)}; train, {', '.join(apart.of_train)}."
    ]


def _by_chance(baseline: Baseline) -> str:
    """The AUC of files that do not differ, in words."""
    if not baseline.deals:
        return f"{baseline.auc} is guessing"
    return (
        f"{baseline.auc:.3f} ± {baseline.spread:.3f} for training groups dealt at random, whose "
        f"rows are alike"
    )


def _parts(found: DataReport) -> Table:
    rows = []
    for name, part in (("training", found.train), ("test", found.test)):
        for unit, of in part.lengths.items():
            numbers = [f"{of.median:,.0f}", f"{of.p95:,.0f}", f"{of.p99:,.0f}", f"{of.longest:,}"]
            rows.append([name, unit, *numbers])
    columns = ["rows", "unit", "median", "95 %", "99 %", "longest"]
    return Table("Lengths", columns, [False, False, True, True, True, True], rows)


def _duplicates(found: DataReport) -> Table:
    exact, folded = found.exact, found.folded
    rows: list[list[str | int]] = [
        ["training rows whose text stands in another", exact.rows, folded.rows],
        ["of these, texts with different targets", len(exact.conflicts), len(folded.conflicts)],
        ["test rows whose text is a training text", len(exact.in_test), len(folded.in_test)],
        ["training rows without a visible character", len(found.train.blank), ""],
        ["test rows without a visible character", len(found.test.blank), ""],
    ]
    shown = [[_count(cell) for cell in row] for row in rows]
    columns = ["duplicates", "equal", "but for case and space"]
    return Table("Duplicates", columns, [False, True, True], shown)


def _count(cell: str | int) -> str:
    return cell if isinstance(cell, str) else f"{cell:,}"


def _lengths(run: ReportedRun) -> Plot:
    train, test = words_of(run.loaded.train), words_of(run.loaded.test)
    return Plot(
        name="data-lengths",
        title="Lengths",
        alt=f"Words in a text: median {np.median(train):.0f} in training rows"
        + (f", {np.median(test):.0f} in test rows." if len(test) else "."),
        draw=lambda axes: _draw_lengths(axes, train, test),
        caption=f"All but the longest {percent(1 - SHOWN_LENGTHS)} of texts.",
    )


def _draw_lengths(axes: "Axes", train: Floats, test: Floats) -> None:
    whole = np.concatenate([train, test])
    most = max(1.0, float(np.quantile(whole, SHOWN_LENGTHS)))
    width = max(1.0, np.ceil(most / BARS))  # whole words, or some bars would hold more of them
    edges = np.arange(-0.5, most + width, width)
    looks = ((train, BLUE, "training", "-"), (test, ORANGE, "test", "--"))
    for lengths, colour, label, line in looks:
        if not len(lengths):
            continue
        shares = np.histogram(lengths, edges)[0] / len(lengths)
        axes.stairs(shares, edges, fill=True, color=colour, alpha=0.2)
        axes.stairs(shares, edges, color=colour, linestyle=line, label=label, linewidth=1.6)
    axes.set_xlabel("words in the text")
    axes.set_ylabel("share of rows")
    axes.legend()


def _targets(run: ReportedRun, found: DataReport) -> list[Plot]:
    if found.labels:
        return [_labels(found.labels)]
    return [_target(run, i) for i in range(min(len(found.targets), MOST_TARGETS))]


def _labels(labels: dict[str, int]) -> Plot:
    told = ", ".join(f"{label} {rows:,}" for label, rows in labels.items())
    return Plot(
        name="data-labels",
        title="Labels",
        alt=f"Training rows of each label: {told}.",
        draw=lambda axes: _draw_labels(axes, labels),
        height=max(180.0, 70.0 + 20.0 * min(len(labels), FLAT)),
    )


def _draw_labels(axes: "Axes", labels: dict[str, int]) -> None:
    rows = list(labels.values())
    axes.barh(range(len(rows)), rows, color=BLUE, height=0.7)
    if len(rows) <= FLAT:
        axes.set_yticks(range(len(rows)), labels=[shortened_label(label) for label in labels])
        for i, count in enumerate(rows):
            axes.text(count, i, f" {count:,}", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set_xlim(0, 1.2 * max(rows))
    axes.set_xlabel("training rows")
    axes.locator_params(axis="x", nbins=5)


def _target(run: ReportedRun, i: int) -> Plot:
    name, values = run.competition.target[i], run.targets[:, i]
    return Plot(
        name=f"data-target-{i}",
        title=f"Distribution of {name}",
        alt=f"{len(values):,} training rows: mean {values.mean():.3f}, standard deviation "
        f"{values.std():.3f}, from {values.min():.3f} to {values.max():.3f}.",
        draw=lambda axes: _draw_target(axes, name, values),
    )


def _draw_target(axes: "Axes", name: str, values: Floats) -> None:
    counts, edges = np.histogram(values, BARS)
    axes.stairs(counts, edges, fill=True, color=BLUE, alpha=0.75)
    axes.set_xlabel(name)
    axes.set_ylabel("training rows")
