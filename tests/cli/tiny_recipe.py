"""A project that has no data yet: a recipe makes it, with a hidden solution, without a network."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from foldwise.competition.sources import fetch
from foldwise.competition.sources.recipes import RECIPES, Recipe, make_files
from foldwise.competition.sources.tables import Table
from foldwise.paths import Project
from foldwise.settings import dump_toml
from tests.tiny_tfidf import tfidf_settings

RECIPE = "tiny-recipe"
ROWS = 80
WORDS = ("good", "bad", "film", "story", "child", "water", "earth", "sun", "great", "awful")
TOML = f"""
title = "Tiny"
task = "regression"
metric = "rmse"
id = "id"
text = ["text"]
target = ["target"]
[files]
train = "train.csv"
test = "test.csv"
sample_submission = "sample_submission.csv"
solution = "solution.csv"
[source]
pypi = "{RECIPE}"
"""


def project_without_data(root: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a competition, and experiments `words` and `letters`, but neither data,
    folds nor runs."""
    archive = root / "archive"
    archive.write_bytes(b"what it holds does not matter")
    old = RECIPES["movie-valence"]
    recipe = Recipe(archive=old.archive, read=_read, target="target", labels=False, sha256={})
    made = {kind: sha256(data).hexdigest() for kind, data in make_files(recipe, archive).items()}
    monkeypatch.setitem(RECIPES, RECIPE, replace(recipe, sha256=made))
    monkeypatch.setattr(fetch, "obtain", lambda *_: archive)
    folder = root / "input" / RECIPE
    folder.mkdir(parents=True)
    (folder / "competition.toml").write_text(TOML)
    (root / "experiments").mkdir()
    for name, changed in (("words", {"characters": [1, 2]}), ("letters", {"words": [1, 1]})):
        chosen = tfidf_settings(RECIPE, tfidf=changed)
        (root / "experiments" / f"{name}.toml").write_text(dump_toml(chosen))
    return Project(root)


def _read(_archive: Path) -> Table:
    """Rows whose words decide the target, but for a little noise."""
    rows = []
    for i in range(ROWS):
        words = [WORDS[(i * k + k * k) % len(WORDS)] for k in range(1, 7)] + [f"n{i}"]
        feeling = sum(words.count(w) for w in ("good", "great")) - words.count("bad")
        rows.append((str(i), " ".join(words), f"{feeling + (i % 7) / 10:.2f}"))
    return Table(("id", "text", "target"), tuple(rows))
