"""Expected test scores from beginning to end, every choice trained anew: coverage-anew.md.

    python benchmarks/coverage_anew.py movie-valence editorial-valence

A quarter of the training rows is hidden (whole groups, where there are groups), TF-IDF models learn
from the rest in four folds, their out-of-fold score gives an interval with the gain of averaging,
and the mean of the four predicts the hidden rows. What coverage.md cannot say is in it: that the
interval of single models' scores, once moved, holds the score of their mean.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from foldwise.comparing.averaging_gain import averaging_gains
from foldwise.comparing.expected import ExpectedScore, Known, expected_score
from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.competition.metrics import Metric, companions, metric_named, score
from foldwise.competition.rows import Rows
from foldwise.paths import find_project
from foldwise.predictions.table import Predictions, mean_of
from foldwise.settings import Tfidf
from foldwise.storage import write_text
from foldwise.training.tfidf_fold import joined
from foldwise.training.tfidf_model import TfidfModel, fit_tfidf

CHOICES = 50
FOLDS = 4
HIDDEN = 0.25
CHOSEN = Tfidf(words=(1, 1), characters=(1, 1))  # a choice takes seconds

Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """One choice in one metric: what was foretold, and what came."""

    expected: ExpectedScore
    without_gain: ExpectedScore
    truth: float
    gained: float


def parts_of(rows: Rows, rng: np.random.Generator) -> NDArray[np.int64]:
    """(rows,) -1 for hidden rows, else a fold; groups stay together."""
    names = rows.ids if rows.groups is None else rows.groups
    _, member = np.unique(np.array(names), return_inverse=True)
    order = rng.permutation(int(member.max()) + 1)
    part = np.arange(len(order)) % FOLDS
    part[: round(HIDDEN * len(order))] = -1
    placed = np.empty(len(order), dtype=np.int64)
    placed[order] = part
    return placed[member]


def choice(loaded: LoadedCompetition, rng: np.random.Generator) -> dict[str, Outcome]:
    """One choice of hidden rows, trained and scored, by metric."""
    rows, part = loaded.train, parts_of(loaded.train, rng)
    hidden, seen = (rows.take(np.flatnonzero(at).astype(np.int64)) for at in (part < 0, part >= 0))
    folds = part[part >= 0]
    oof = np.empty((len(seen), len(loaded.outputs)))
    models = []
    for fold in range(FOLDS):
        model = fitted(loaded, seen.take(np.flatnonzero(folds != fold).astype(np.int64)))
        valid = np.flatnonzero(folds == fold).astype(np.int64)
        oof[valid] = model.predict(joined(seen.take(valid).texts))
        values = model.predict(joined(hidden.texts))
        models.append(Predictions(hidden.ids, loaded.outputs, values))
    return outcomes(loaded, seen, oof, hidden, models)


def fitted(loaded: LoadedCompetition, rows: Rows) -> TfidfModel:
    """The model of these rows."""
    task, outputs = loaded.competition.task, len(loaded.outputs)
    return fit_tfidf(CHOSEN, task, joined(rows.texts), targets_of(rows), outputs)


def targets_of(rows: Rows) -> Floats:
    """(rows, targets)."""
    if rows.targets is None:
        raise ValueError("training rows have targets")
    return rows.targets


def outcomes(
    loaded: LoadedCompetition, seen: Rows, oof: Floats, hidden: Rows, models: list[Predictions]
) -> dict[str, Outcome]:
    """What was foretold of the mean of the models, and what came, by metric."""
    own = metric_named(loaded.competition.metric, loaded.competition.task)
    scores = {m: score(m, targets_of(seen), oof, seen.groups) for m in (own, *companions(own))}
    gains = averaging_gains({m.name: of.value for m, of in scores.items()}, models)
    draws = len(seen) if seen.groups is None else len(set(seen.groups))
    found = {}
    for metric, of in scores.items():
        if of.standard_error is None:
            raise ValueError(f"{metric.name} has no standard error")
        known = Known(of.value, of.standard_error, len(seen), draws - 1.0)
        truth = metric.function(targets_of(hidden), mean_of(models).values)
        found[metric.name] = Outcome(
            expected_score(metric, known, len(hidden), gains[metric.name]),
            expected_score(metric, known, len(hidden)),
            truth,
            gained(metric, targets_of(hidden), models, truth),
        )
    return found


def gained(metric: Metric, targets: Floats, models: list[Predictions], truth: float) -> float:
    """How much better the mean's score is than the models' own."""
    single = float(np.mean([metric.function(targets, model.values) for model in models]))
    return (truth - single) * (1 if metric.greater_is_better else -1)


def held(expected: ExpectedScore, truth: float) -> bool:
    """Whether the interval holds the score."""
    return expected.low <= truth <= expected.high


def row_of(competition: str, metric: str, of: list[Outcome]) -> list[str]:
    """One line of the table."""
    foretold = [outcome.expected.gain for outcome in of if outcome.expected.gain is not None]
    return [
        competition,
        metric,
        str(len(of)),
        f"{100 * np.mean([held(o.expected, o.truth) for o in of]):.0f}",
        f"{100 * np.mean([held(o.without_gain, o.truth) for o in of]):.0f}",
        f"{np.mean(foretold):.4f}" if foretold else "",
        f"{np.mean([outcome.gained for outcome in of]):.4f}",
    ]


def main() -> None:
    """Write the page."""
    project, rows = find_project(), []
    for name in sys.argv[1:] or ["movie-valence", "editorial-valence"]:
        loaded = load(load_competition(project.competition(name)))
        rng, found = np.random.default_rng(1), list[dict[str, Outcome]]()
        for i in range(CHOICES):
            found.append(choice(loaded, rng))
            print(name, i + 1, "of", CHOICES, flush=True)
        rows += [row_of(name, metric, [of[metric] for of in found]) for metric in found[0]]
    columns = ["competition", "metric", "choices", "held, %", "held without the gain, %"]
    columns += ["gain foretold", "gain seen"]
    cells = [columns, ["---"] * len(columns), *rows]
    head = [
        "# Expected test scores, trained anew for every choice of hidden rows",
        "",
        "Made by `python benchmarks/coverage_anew.py`: TF-IDF of words, 4 folds, a quarter of",
        "the training rows hidden; intervals of 90 % from the out-of-fold scores, for the mean of",
        "the four models. Where a gain cannot be foretold, its column is blank.",
        "",
    ]
    table = [f"| {' | '.join(row)} |" for row in cells]
    write_text(Path(__file__).with_name("coverage-anew.md"), "\n".join([*head, *table]) + "\n")


if __name__ == "__main__":
    main()
