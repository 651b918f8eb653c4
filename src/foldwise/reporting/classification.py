"""Where a classification errs: which labels are confused, how surely, and by length."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foldwise.ensembling.confusion import count
from foldwise.ensembling.recipe import Decision
from foldwise.ensembling.record import is_ensemble, read_ensemble
from foldwise.reporting.binned import Bin, binned
from foldwise.reporting.calibration import (
    Calibration,
    ClassFigures,
    calibration,
    class_figures,
    share_error,
)
from foldwise.reporting.figures import UNKNOWN
from foldwise.reporting.palette import BLUE, INK, MUTED, VERMILLION
from foldwise.reporting.plot import Plot
from foldwise.reporting.reported_run import ReportedRun
from foldwise.reporting.section import Block, Fact, Table
from foldwise.reporting.words import words_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

DECISIONS: dict[Decision, str] = {
    "cut_points": "fitted cut points",
    "thresholds": "a fitted threshold for each label",
}
MOST_NUMBERS = 8  # labels whose confusion is written into the cells, too
MOST_LABELS = 30  # that have a name beside the cells
LONGEST_LABEL = 12  # characters beside a cell
DARK = 0.55  # of a cell, from which its number is written in the paper's colour


def classification_block(run: ReportedRun) -> Block:
    """The confusion of labels, a table of them, and how reliable probabilities are."""
    labels = run.loaded.labels
    truth = run.targets[:, 0].astype(np.int64)
    probabilities = run.oof.values
    guess = probabilities.argmax(axis=1).astype(np.int64)
    counts = count(truth, guess, len(labels))
    hits = (truth == guess).astype(np.float64)
    by_length = shares_by(words_of(run.loaded.train), hits)
    plots = [_confusion(run.name, labels, counts), _by_length(run.name, by_length)]
    facts, sentences = list[Fact](), list[str]()
    decided_by = decision_of(run.folder)
    if decided_by != "none":
        sentences.append(
            f"Its labels were decided by {DECISIONS[decided_by]}, which change probabilities so "
            "that the decided label has the largest: they say no more how sure the ensemble is, so "
            "there is no reliability diagram."
        )
    elif _are_probabilities(probabilities):
        found = calibration(truth, probabilities)
        plots.insert(1, _reliability(run.name, found))
        facts.append(_error_fact(found))
    else:
        sentences.append(
            "The predictions are no probabilities (ranks, or weights of either sign), so there is "
            "no reliability diagram."
        )
    tables = [_table(class_figures(labels, counts))]
    return Block(run.name, facts, sentences, plots, tables)


def decision_of(folder: Path) -> Decision:
    """How an ensemble's labels were decided; "none" of any other run: the most probable one."""
    return read_ensemble(folder).options.decision if is_ensemble(folder) else "none"


def shares_by(by: Floats, hits: Floats) -> list[Bin]:
    """The share of hits (rows,), each 0 or 1, in parts of `by`, with the error of a share."""
    return [replace(of, standard_error=share_error(of.mean, of.rows)) for of in binned(by, hits)]


def _are_probabilities(values: Floats) -> bool:
    return bool((values >= 0).all() and np.allclose(values.sum(axis=1), 1, atol=1e-3))


def _error_fact(found: Calibration) -> Fact:
    note = f"{found.by_luck:.4f} would be luck, were every probability right"
    return Fact("expected calibration error", f"{found.error:.4f}", note)


def _table(figures: Sequence[ClassFigures]) -> Table:
    rows = [
        [
            of.label,
            _share(of.precision, of.given),
            _share(of.recall, of.support),
            UNKNOWN if of.f1 is None else f"{of.f1:.3f}",
            f"{of.support:,}",
        ]
        for of in figures
    ]
    columns = ["label", "precision", "recall", "F1", "rows"]
    return Table("Each label, ± one standard error", columns, [False, *([True] * 4)], rows)


def _share(share: float | None, rows: int) -> str:
    return UNKNOWN if share is None else f"{share:.3f} ± {share_error(share, rows):.3f}"


def _confusion(run: str, labels: Sequence[str], counts: Floats) -> Plot:
    sizes = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sizes, out=np.zeros_like(counts), where=sizes > 0)
    wrong = shares - np.diag(np.diag(shares))
    i, j = divmod(int(wrong.argmax()), len(labels))
    most = f"most often {labels[i]} is taken for {labels[j]}, {100 * wrong[i, j]:.0f} %"
    return Plot(
        name=f"{run}-confusion",
        title="Confusion of labels",
        alt=f"Share of each true label's rows that is given each label; {most} of its rows.",
        draw=lambda axes: _draw_confusion(axes, labels, shares, counts),
        height=330.0,
        caption="Each row sums to 100 % of a true label's rows.",
    )


def _draw_confusion(axes: "Axes", labels: Sequence[str], shares: Floats, counts: Floats) -> None:
    size = len(labels)
    draw_cells(axes, shares, BLUE)
    if size <= MOST_NUMBERS:
        for i in range(size):
            for j in range(size):
                colour = "paper" if shares[i, j] > DARK else "ink"
                write_cell(axes, (i, j), f"{100 * shares[i, j]:.0f} %\n{counts[i, j]:,.0f}", colour)
    names = [shortened_label(label) for label in labels] if size <= MOST_LABELS else []
    at = range(size) if names else []
    axes.set_xticks(at, labels=names, rotation=30 if max(map(len, names), default=0) > 5 else 0)
    axes.set_yticks(at, labels=names)
    axes.set_xlabel("given label")
    axes.set_ylabel("true label")


def shortened_label(label: str) -> str:
    """A label that has room beside a cell."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def draw_cells(axes: "Axes", shares: Floats, colour: str) -> None:
    """Draw a square for each of (rows, columns) shares, the less transparent the larger.

    None for a share of 0: of hundreds of labels most are never taken for each other.
    """
    from matplotlib.patches import Rectangle

    rows, columns = shares.shape
    for i in range(rows):
        for j in range(columns):
            alpha = round(float(shares[i, j]), 3)
            if alpha == 0:
                continue
            cell = Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=(colour, alpha), linewidth=0)
            axes.add_patch(cell)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.grid(visible=False)
    axes.tick_params(length=0)


def write_cell(axes: "Axes", at: tuple[int, int], text: str, colour: str) -> None:
    """Write into the square at (row, column), in the colour of this name."""
    from foldwise.reporting.palette import COLOURS

    i, j = at
    axes.text(j, i, text, ha="center", va="center", fontsize=8.5, color=COLOURS[colour].light)


def _reliability(run: str, found: Calibration) -> Plot:
    return Plot(
        name=f"{run}-reliability",
        title="Reliability",
        alt=f"Accuracy by confidence in {len(found.bins)} bins; expected calibration error "
        f"{found.error:.4f}, of which {found.by_luck:.4f} would be luck.",
        draw=lambda axes: _draw_reliability(axes, found),
        height=330.0,
        caption="Dots: accuracy, with one standard error. Columns: the share of rows. Above the "
        "line the model is less sure than it could be.",
    )


def _draw_reliability(axes: "Axes", found: Calibration) -> None:
    total = sum(each.rows for each in found.bins)
    sure = [each.confidence for each in found.bins]
    shares = [each.rows / total for each in found.bins]
    axes.bar(sure, shares, width=0.045, color=MUTED, alpha=0.35, label="share of rows")
    axes.plot([0, 1], [0, 1], color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.errorbar(
        sure, [each.accuracy for each in found.bins],
        yerr=[each.standard_error for each in found.bins],
        color=BLUE, marker="o", markersize=5, linewidth=1.4, label="accuracy",
    )  # fmt: skip
    axes.set_xlim(max(0.0, min(sure) - 0.08), 1.02)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("confidence: the most probable label's probability")
    axes.legend(loc="upper left")


def _by_length(run: str, bins: Sequence[Bin]) -> Plot:
    first, last = bins[0], bins[-1]
    return Plot(
        name=f"{run}-by-length",
        title="Accuracy by length",
        alt=f"From {first.mean:.3f} at {first.at:.0f} words to {last.mean:.3f} at {last.at:.0f}.",
        draw=lambda axes: _draw_length(axes, bins),
        caption="Tenths of the rows, with one standard error.",
    )


def _draw_length(axes: "Axes", bins: Sequence[Bin]) -> None:
    axes.errorbar(
        [each.at for each in bins], [each.mean for each in bins],
        yerr=[each.standard_error for each in bins],
        color=VERMILLION, marker="o", linewidth=1.2, elinewidth=1.4,
    )  # fmt: skip
    axes.set_xlabel("words in the text")
    axes.set_ylabel("accuracy")
    axes.margins(y=0.2)
