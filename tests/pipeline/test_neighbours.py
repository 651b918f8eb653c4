"""Training rows that are predicted like new texts."""

import csv

import numpy as np
import pytest

from foldwise.errors import DataError
from foldwise.paths import Project
from foldwise.pipeline.neighbours import neighbours
from foldwise.predictions.table import Predictions
from foldwise.training.run_scores import read_tables
from tests.tiny_competitions import load_tiny, tiny_classification
from tests.tiny_tfidf import train_tfidf


def test_the_nearest_by_prediction_come_first_with_their_own_rows(project: Project) -> None:
    oof, _ = read_tables(project.run("words"))
    train = load_tiny(project, "tiny-regression").train
    new = Predictions(("a", "b"), oof.outputs, oof.values[[7, 3]] + 1e-9)
    found = neighbours(project, "words", new, count=4)
    for row, at in zip(found, (7, 3), strict=True):
        assert row[0].id == oof.ids[at]
        distances = np.abs(oof.values[:, 0] - oof.values[at, 0]) / oof.values.std()
        np.testing.assert_allclose([one.distance for one in row], np.sort(distances)[:4], atol=1e-8)
        for one in row:  # by id, never by position
            i = train.ids.index(one.id)
            assert train.targets is not None
            assert oof.folds is not None
            assert one.text == train.texts[i]
            assert one.target == {"target": train.targets[i, 0]}
            assert one.predicted == {"target": oof.values[oof.ids.index(one.id), 0]}
            assert one.fold == oof.folds[oof.ids.index(one.id)]


def test_equally_near_rows_come_in_the_order_of_their_ids(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    oof, test = read_tables(project.run("words"))
    alike = Predictions(oof.ids[::-1], oof.outputs, np.ones_like(oof.values), oof.folds)
    monkeypatch.setattr("foldwise.pipeline.neighbours.read_tables", lambda _run: (alike, test))
    new = Predictions(("a",), oof.outputs, np.ones((1, 1)))
    (row,) = neighbours(project, "words", new)
    assert [one.id for one in row] == sorted(oof.ids)[:5]
    assert row[0].distance == 0


def test_a_classification_has_labels_for_targets(project: Project) -> None:
    tiny_classification(project.root)
    train_tfidf(project, "labels", "tiny-classification")
    train = load_tiny(project, "tiny-classification").train
    oof, _ = read_tables(project.run("labels"))
    (row,) = neighbours(project, "labels", Predictions(("a",), oof.outputs, oof.values[[0]]))
    assert train.targets is not None
    label = ("dull", "fair", "fine")[int(train.targets[train.ids.index(row[0].id), 0])]
    assert row[0].target == {"target": label}


def test_a_row_that_is_gone_is_named(project: Project) -> None:
    path = project.competition("tiny-regression") / "train.csv"
    with path.open() as file:
        rows = list(csv.reader(file))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(row for row in rows if row[0] != "r005")
    _, test = read_tables(project.run("words"))
    with pytest.raises(
        DataError,
        match=r"1 row that the run has predicted is no training row any more: r005; restore",
    ):
        neighbours(project, "words", test)


def test_a_row_that_has_changed_is_not_shown_for_the_one_that_was_predicted(
    project: Project,
) -> None:
    path = project.competition("tiny-regression") / "train.csv"
    with path.open() as file:
        rows = list(csv.reader(file))
    rows[1][rows[0].index("text")] = "another text"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    _, test = read_tables(project.run("words"))
    with pytest.raises(DataError, match=r"have changed since run 'words' was made"):
        neighbours(project, "words", test)
