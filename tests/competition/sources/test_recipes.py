import csv
import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from foldwise.competition.competition import load_competition
from foldwise.competition.sources.pypi import obtain
from foldwise.competition.sources.recipes import (
    RECIPES,
    constant_guess,
    find_recipe,
    make_files,
    prepare,
)
from foldwise.errors import DataError, UsageError

INPUT = Path(__file__).parents[3] / "input"


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(data.decode().split("\n")[:-1]))


def test_every_labelled_row_is_in_train_or_solution_once(snippets: Path) -> None:
    files = make_files(RECIPES["movie-valence"], snippets)
    ids = [row["id"] for kind in ("train", "solution") for row in rows(files[kind])]
    assert sorted(ids, key=int) == [str(i) for i in range(40)]
    assert all(row["target"] == str(int(row["id"]) / 10 - 2) for row in rows(files["solution"]))


def test_the_test_file_holds_neither_target_nor_noise(snippets: Path) -> None:
    files = make_files(RECIPES["editorial-valence"], snippets)
    assert files["test"].startswith(b"id,document,text\n")
    assert files["train"].startswith(b"id,document,text,target,target_sd\n")


def test_sample_solution_and_test_have_the_same_ids_in_the_same_order(snippets: Path) -> None:
    files = make_files(RECIPES["movie-valence"], snippets)
    ids = [[row["id"] for row in rows(files[kind])] for kind in ("test", "solution")]
    assert ids[0] == ids[1] == [row["id"] for row in rows(files["sample_submission"])]


def test_a_document_is_on_one_side(snippets: Path) -> None:
    files = make_files(RECIPES["editorial-valence"], snippets)
    sides = [{row["document"] for row in rows(files[kind])} for kind in ("train", "test")]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]


def test_competitions_of_the_same_texts_have_the_same_test_rows(snippets: Path) -> None:
    # else a model of one could have learnt the other's answers
    valence = make_files(RECIPES["movie-valence"], snippets)
    sentiment = make_files(RECIPES["movie-sentiment"], snippets)
    assert valence["test"] == sentiment["test"]


def test_a_file_with_another_hash_is_refused_with_both(snippets: Path) -> None:
    recipe = RECIPES["movie-valence"]
    with pytest.raises(DataError) as caught:
        prepare(recipe, snippets)
    # each of the four made-up files differs from what the real archive gives
    assert len(caught.value.complaints) == 4
    assert f"must have the SHA-256 {recipe.sha256['train']}: got " in caught.value.complaints[0]


def test_the_constant_guess_is_the_mean_or_the_smallest_of_the_most_frequent_labels() -> None:
    assert constant_guess(("1", "2", "2.00005"), labels=False) == "1.6667"
    assert constant_guess(("1", "0", "1", "0", "2"), labels=True) == "0"


def test_an_unknown_recipe_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no recipe 'movies-valence'.*did you mean 'movie-val"):
        find_recipe("movies-valence")


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_shipped_competition_names_the_columns_of_its_recipe(name: str) -> None:
    competition, recipe = load_competition(INPUT / name), RECIPES[name]
    assert competition.source is not None
    assert competition.source.pypi == name
    assert competition.target == (recipe.target,)
    assert competition.target_sd == recipe.noise
    assert competition.group == recipe.group
    assert (competition.task == "classification") == recipe.labels


@pytest.mark.network
@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="needs pip")
@pytest.mark.parametrize(
    ("name", "train", "test"),
    [
        ("movie-valence", 7980, 2625),
        ("movie-sentiment", 7980, 2625),
        ("editorial-valence", 3959, 1231),
        ("imdb-polarity", 18701, 6299),
    ],
)
def test_the_real_archive_gives_the_recorded_files(name: str, train: int, test: int) -> None:
    recipe = RECIPES[name]
    files = prepare(recipe, obtain(recipe.archive))  # refuses other hashes than the recorded ones
    assert files["solution"].count(b"\n") == test + 1  # with the header
    table = recipe.read(obtain(recipe.archive))
    assert len(set(table.column("id"))) == len(table) == train + test
    if name == "movie-sentiment":
        # five intervals of equal width over [-4, 4]
        counts = Counter(table.column("sentiment"))
        assert counts == {"0": 1057, "1": 3765, "2": 1011, "3": 3769, "4": 1003}
