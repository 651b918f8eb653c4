"""A competition's data in tables and pictures."""

import numpy as np
import pytest

from foldwise.errors import DataError, UsageError
from foldwise.exploring import explore
from foldwise.exploring.picture import Picture
from foldwise.paths import Project

NAMES = ("tiny-regression", "tiny-classification", "tiny-grouped", "tiny-pairs")


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_competition_has_its_tables_and_pictures(name: str, project: Project) -> None:
    data = explore(name, project)
    rows = data.rows().set_index(["file", "unit"])
    assert rows.loc[("train", "words"), "rows"] == len(data.loaded.train)
    assert rows.loc[("test", "words"), "longest"] == data.report.test.lengths["words"].longest
    assert data.folds()["rows"].sum() == len(data.loaded.train)
    assert data.duplicates().shape == (4, 2)
    assert data.leaks()
    for shown in (data.lengths_picture(), data.targets_picture(), data.folds_picture()):
        assert isinstance(shown, Picture)
        assert len(shown.png) > 5_000


def test_targets_are_counted_or_summarised(project: Project) -> None:
    classes = explore("tiny-classification", project).targets()
    assert classes["rows"].tolist() == [15, 15, 15]
    assert classes["share"].sum() == pytest.approx(1)
    data = explore("tiny-regression", project)
    assert data.loaded.train.targets is not None
    assert data.targets()["mean"][0] == pytest.approx(data.loaded.train.targets.mean())


def test_examples_are_of_the_ends_and_the_middle(project: Project) -> None:
    data = explore("tiny-regression", project)
    shown = data.examples(2)["target"].to_numpy()
    assert data.loaded.train.targets is not None
    ordered = np.sort(data.loaded.train.targets[:, 0])
    np.testing.assert_array_equal(np.sort(shown), ordered[[0, 1, 19, 20, 38, 39]])


def test_examples_of_classes_have_their_labels(project: Project) -> None:
    shown = explore("tiny-classification", project).examples(1)
    assert shown["target"].tolist() == ["dull", "fair", "fine"]


def test_a_pair_shows_both_its_texts(project: Project) -> None:
    assert {"text", "second"} <= set(explore("tiny-pairs", project).examples().columns)


def test_folds_that_were_not_made_are_asked_for(project: Project) -> None:
    path = project.folds("tiny-grouped")
    aside = path.rename(path.with_suffix(".aside"))
    try:
        data = explore("tiny-grouped", project)
        with pytest.raises(DataError, match="no folds yet for tiny-grouped; run: foldwise folds"):
            data.folds()
    finally:
        aside.rename(path)


def test_a_competition_that_is_not_there_is_told_with_the_nearest(project: Project) -> None:
    with pytest.raises(UsageError, match="did you mean 'tiny-pairs'"):
        explore("tiny-pair", project)
