"""What Optuna's pruners would have dropped of a study in which nothing was; see tuning.md.

    python benchmarks/tuning_replay.py STUDY_FOLDER [--orders 200]

Every trial of the study was trained to its end, and its scores on the way are in its folds'
journals. They are told to each pruner as `foldwise tune` tells them: the first fold's after each
evaluation, and after each fold that of all rows so far. A trial ends where the pruner says so. No
suggestion depends on that here, so that all pruners judge the same trials; the order decides what
they have to compare with, and is therefore drawn many times, the defaults always first.
"""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from foldwise.competition.metrics import METRICS, Metric, score
from foldwise.competition.rows import Rows
from foldwise.journal import Journal
from foldwise.paths import Project
from foldwise.settings import load_experiment
from foldwise.training.corpus import load_corpus
from foldwise.tuning.deciding import A_FOLD, LAST_LOOK
from foldwise.tuning.pruner_names import PrunerName
from foldwise.tuning.sampling import pruner_named
from foldwise.tuning.tables import folds_table

PRUNERS: tuple[PrunerName, ...] = ("median", "wilcoxon")


@dataclass(frozen=True)
class Told:
    """A score on the way: at which step of the pruner's, and after which share of the trial."""

    step: int
    share: float
    score: float


@dataclass(frozen=True)
class Replayed:
    """A trial that was trained to its end.

    Attributes:
        looks: of the first fold.
        so_far: after each fold, of the rows of all folds done.
        alone: after each fold, of its own rows.
        score: of all rows.
    """

    looks: tuple[Told, ...]
    so_far: tuple[Told, ...]
    alone: tuple[Told, ...]
    score: float

    def told(self, pruner: PrunerName) -> tuple[Told, ...]:
        """What the pruner hears."""
        return self.alone if pruner == "wilcoxon" else self.looks + self.so_far


def smaller_is_better(name: str) -> Metric:
    """The metric called `name`.

    Raises:
        ValueError: a greater score is better: Optuna is told here to look for the smallest.
    """
    metric = METRICS[name]
    if metric.greater_is_better:
        raise ValueError(
            f"scores are replayed where smaller is better, got a study of {name}; give one of "
            f"{', '.join(of.name for of in METRICS.values() if not of.greater_is_better)}"
        )
    return metric


def trials_of(study: Path) -> list[Replayed]:
    """The study's trials, in their order.

    Raises:
        ValueError: of the study's metric a greater score is better.
    """
    record: dict[str, Any] = json.loads((study / "tuning.json").read_text(encoding="utf-8"))
    metric, folds = smaller_is_better(record["metric"]), tuple(record["folds"])
    project = Project(study.parents[1])
    runs = [project.run(trial["run"]) for trial in record["trials"]]
    rows = load_corpus(project, load_experiment(runs[0] / "settings.toml")).loaded.train
    return [_replayed(run, rows, metric, folds) for run in runs]


def _replayed(run: Path, rows: Rows, metric: Metric, folds: tuple[int, ...]) -> Replayed:
    looks = [
        event
        for event in Journal(run / f"fold-{folds[0]}" / "journal.jsonl").events()
        if event["event"] == "look"
    ]
    steps = looks[-1]["step"]
    shares = [look["step"] / steps for look in looks]
    so_far = tuple(
        Told(n * A_FOLD, n / len(folds), _scored(run, rows, metric, folds[:n]))
        for n in range(1, len(folds) + 1)
    )
    return Replayed(
        looks=tuple(
            Told(max(1, int(share * LAST_LOOK)), share / len(folds), look["score"])
            for share, look in zip(shares, looks, strict=True)
        ),
        so_far=so_far,
        alone=tuple(
            Told(fold, (n + 1) / len(folds), _scored(run, rows, metric, (fold,)))
            for n, fold in enumerate(folds)
        ),
        score=so_far[-1].score,
    )


def _scored(run: Path, rows: Rows, metric: Metric, folds: tuple[int, ...]) -> float:
    table = folds_table(run, folds)
    at = {name: i for i, name in enumerate(rows.ids)}
    positions = [at[name] for name in table.ids]
    if rows.targets is None:
        raise ValueError("training rows have targets")
    return score(metric, rows.targets[positions], table.values).value


def outcome(trials: Sequence[Replayed], pruner: PrunerName) -> tuple[float, float, int]:
    """The share of all training that is spent, the best score found, and how many were dropped."""
    study = optuna.create_study(pruner=pruner_named(pruner))
    spent, best, dropped = 0.0, float("inf"), 0
    for trial in trials:
        asked, told = study.ask(), trial.told(pruner)
        for heard in told:
            asked.report(heard.score, heard.step)
            if heard.share < 1 and asked.should_prune():
                study.tell(asked, state=optuna.trial.TrialState.PRUNED)
                spent, dropped = spent + heard.share, dropped + 1
                break
        else:
            study.tell(asked, trial.score)
            spent, best = spent + 1.0, min(best, trial.score)
    return spent / len(trials), best, dropped


def page(trials: Sequence[Replayed], orders: int) -> str:
    """The table's lines: each pruner over many orders of the same trials."""
    random = np.random.default_rng(0)
    drawn = [[0, *(1 + random.permutation(len(trials) - 1))] for _ in range(orders)]
    least = min(trial.score for trial in trials)
    lines = [
        "| pruner | dropped | of the training | best score kept | score lost |",
        "|---|---|---|---|---|",
    ]
    for pruner in PRUNERS:
        found = [outcome([trials[i] for i in order], pruner) for order in drawn]
        spent, best, dropped = (np.array(values) for values in zip(*found, strict=True))
        lines.append(
            f"| {pruner} | {dropped.mean():.1f} | {spent.mean():.0%} ({spent.min():.0%} to "
            f"{spent.max():.0%}) | {np.mean(best == least):.0%} | {np.mean(best - least):.4f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    parser = ArgumentParser(description="Optuna's pruners on the trials of a study without one.")
    parser.add_argument("study", type=Path)
    parser.add_argument("--orders", type=int, default=200)
    asked_for = parser.parse_args()
    known = trials_of(asked_for.study)
    print("in the study's own order:")
    for name in PRUNERS:
        print(name, outcome(known, name))
    print(page(known, asked_for.orders))
