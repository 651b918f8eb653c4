"""Tiny competitions made of plain words, with files and folds as a project has them.

The words decide the targets, so that a model that learns anything beats the mean.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foldwise.competition.competition import load_competition
from foldwise.competition.loading import LoadedCompetition, load
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project

GOOD = ("good", "great", "funny", "light", "very good")
BAD = ("bad", "awful", "boring", "slowly", "not good")
PLAIN = ("the", "film", "movie", "story", "a", "child", "reads", "book", "water", "earth", "sun")

Row = dict[str, str]


def make_project(root: Path) -> Project:
    """A project in `root` with all four competitions below, each with its folds."""
    for make in (tiny_regression, tiny_classification, tiny_grouped, tiny_pairs):
        make(root)
    return Project(root)


def tiny_regression(
    root: Path, name: str = "tiny-regression", rows: int = 40, test_rows: int = 6, folds: int = 3
) -> Project:
    """The project in `root`, with a regression scored by RMSE; ids look like `r007` and `t002`."""
    train = [{**row, "target": f"{feeling:.3f}"} for row, feeling in _rows("r", rows, seed=1)]
    return write_tiny(root, name, train, _test(test_rows), folds, task="regression", metric="rmse")


def tiny_classification(
    root: Path,
    name: str = "tiny-classification",
    rows: int = 45,
    test_rows: int = 6,
    folds: int = 3,
    labels: Sequence[str] = ("dull", "fair", "fine"),
) -> Project:
    """The project in `root`, with a classification scored by accuracy; classes are balanced."""
    made = _rows("r", rows, seed=2)
    ranks = np.argsort(np.argsort([feeling for _, feeling in made], kind="stable"))
    train = [
        {**row, "target": labels[int(rank) * len(labels) // rows]}
        for (row, _), rank in zip(made, ranks, strict=True)
    ]
    keys = {"task": "classification", "metric": "accuracy", "labels": list(labels)}
    return write_tiny(root, name, train, _test(test_rows), folds, **keys)


def tiny_grouped(
    root: Path, name: str = "tiny-grouped", rows: int = 40, test_rows: int = 6, folds: int = 3
) -> Project:
    """The project in `root`, with a regression whose rows come in documents of four."""
    train = [
        {**row, "target": f"{feeling:.3f}", "document": f"d{i // 4}"}
        for i, (row, feeling) in enumerate(_rows("r", rows, seed=3))
    ]
    keys = {"task": "regression", "metric": "rmse", "group": "document"}
    return write_tiny(root, name, train, _test(test_rows), folds, **keys)


def tiny_pairs(
    root: Path, name: str = "tiny-pairs", rows: int = 40, test_rows: int = 6, folds: int = 3
) -> Project:
    """The project in `root`, with a regression on pairs: how much better the first text sounds."""
    halves = [_rows("r", rows, seed) for seed in (4, 5)]
    train = [
        {**first, "second": second["text"], "target": f"{mine - other:.3f}"}
        for (first, mine), (second, other) in zip(*halves, strict=True)
    ]
    seconds = _test(test_rows, seed=8)
    test = [
        {**first, "second": second["text"]}
        for first, second in zip(_test(test_rows), seconds, strict=True)
    ]
    keys = {"task": "regression", "metric": "rmse", "text": ["text", "second"]}
    return write_tiny(root, name, train, test, folds, **keys)


def load_tiny(project: Project, name: str) -> LoadedCompetition:
    """The competition `name` of `project`, loaded."""
    return load(load_competition(project.competition(name)))


def write_tiny(
    root: Path, name: str, train: Sequence[Row], test: Sequence[Row], folds: int, **keys: Any
) -> Project:
    """The project in `root`, with these rows as competition `name` and `folds` folds (0: none)."""
    folder = root / "input" / name
    folder.mkdir(parents=True)
    labels = keys.get("labels")
    write_rows(folder / "train.csv", train)
    write_rows(folder / "test.csv", test, header=("id", "text"))
    sample = [{"id": row["id"], "target": labels[0] if labels else "0"} for row in test]
    write_rows(folder / "sample_submission.csv", sample, header=("id", "target"))
    table = {"title": name, "id": "id", "text": ["text"], "target": ["target"], **keys}
    files = {part: f"{part}.csv" for part in ("train", "test", "sample_submission")}
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    lines += ["[files]", *(f'{key} = "{value}"' for key, value in files.items())]
    (folder / "competition.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    project = Project(root)
    if folds:
        save_folds(project.folds(name), make_folds(load_tiny(project, name), n=folds).table)
    return project


def write_rows(path: Path, rows: Sequence[Row], header: Sequence[str] = ()) -> None:
    """Write a CSV; `header` is needed where there may be no rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys() if rows else header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _test(rows: int, seed: int = 7) -> list[Row]:
    return [row for row, _ in _rows("t", rows, seed)]


def _rows(prefix: str, count: int, seed: int) -> list[tuple[Row, float]]:
    """Rows of different texts, each with its feeling in about [-1, 1]."""
    random = np.random.default_rng(seed)
    texts: dict[str, float] = {}
    while len(texts) < count:
        good, bad, plain = random.integers(0, 4), random.integers(0, 4), random.integers(3, 12)
        words = [
            *random.choice(GOOD, good),
            *random.choice(BAD, bad),
            *random.choice(PLAIN, plain),
        ]
        random.shuffle(words)
        texts.setdefault(" ".join(words) + ".", float(good - bad) / 3 + random.normal(0, 0.1))
    return [
        ({"id": f"{prefix}{i:03d}", "text": text}, feeling)
        for i, (text, feeling) in enumerate(texts.items())
    ]
