"""The predictions as a picture beside those of the training rows: do the two look alike?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foldwise.kaggle.session.session import Session
from foldwise.predictions.table import Predictions, read_predictions
from foldwise.storage import write_atomically

FILE = "kernel-report.png"
INCHES, DOTS_AN_INCH = (8.0, 3.5), 110
BLUE, ORANGE = "#0072B2", "#D55E00"  # Okabe and Ito's: https://jfly.uni-koeln.de/color/
FEWEST_BINS, MOST_BINS = 8, 40


def draw_predictions(session: Session, test: Predictions) -> Path:
    """The PNG file of two distributions: of the test rows' predictions, and the training rows' OOF.

    Of classes, the mean probability of each. Test rows that differ much from training rows are a
    reason not to trust the score.
    """
    from matplotlib.figure import Figure

    oof = read_predictions(session.folder / "runs" / session.package.run / "oof.csv")
    figure = Figure(figsize=INCHES, dpi=DOTS_AN_INCH, layout="constrained")
    axes = figure.subplots()
    tables = {"training rows (OOF)": (oof, BLUE), "test rows": (test, ORANGE)}
    shown = {label: pair for label, pair in tables.items() if len(pair[0])}
    if _are_probabilities(test):
        for i, (label, (table, colour)) in enumerate(shown.items()):
            at = [k + 0.4 * i for k in range(len(table.outputs))]
            axes.bar(at, table.values.mean(axis=0), width=0.38, color=colour, label=label)
        axes.set_xticks([k + 0.2 for k in range(len(test.outputs))], test.outputs)
        axes.set_ylabel("mean probability")
    else:
        edges = _edges([table.values[:, 0] for table, _ in shown.values()])
        for label, (table, colour) in shown.items():
            values = table.values[:, 0]
            axes.hist(values, edges.tolist(), density=True, color=colour, alpha=0.55, label=label)
        axes.set_xlabel(f"predicted {test.outputs[0]}")
        axes.set_ylabel("density")
    axes.set_title(session.package.run)
    axes.legend(frameon=False)
    path = session.working / FILE
    write_atomically(path, lambda aside: figure.savefig(aside, format="png"))
    return path


def _edges(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Bins alike for all columns, about as many as the square root of the fewest rows."""
    fewest = min(map(len, columns))
    bins = int(np.clip(np.sqrt(fewest), FEWEST_BINS, MOST_BINS))
    low, high = min(map(np.min, columns)), max(map(np.max, columns))
    edges = np.linspace(low, high, bins + 1)
    if (np.diff(edges) > 0).all():
        return edges
    half = max(0.5, 1e-6 * abs(low))  # values so near that float64 has no edges between them
    return np.linspace(low - half, high + half, bins + 1)


def _are_probabilities(table: Predictions) -> bool:
    return all(name.startswith("p_") for name in table.outputs) and len(table.outputs) > 1
