import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, root_mean_squared_error

from foldwise.competition.loading import LoadedCompetition
from foldwise.errors import DataError, StorageError
from foldwise.folds.table import read_folds
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from foldwise.training.run_scores import (
    MetricScores,
    RunScores,
    check_unchanged,
    is_finished,
    read_scores,
    read_tables,
    read_test,
    score_table,
    write_run,
)
from tests.tiny_competitions import load_tiny, tiny_classification, tiny_regression

SCORES = RunScores(
    competition="tiny",
    kind="tfidf",
    metric="rmse",
    scores={"rmse": MetricScores(0.5, 0.01, [0.4, 0.6]), "pearson": MetricScores(0.1, None, [])},
    rows=2,
    looks=[0, 0],
    data="d",
    folds="f",
    seconds=1.5,
    facts={"folds": [{"n_grams": 3}]},
)
OOF = Predictions(("a", "b"), ("target",), np.array([[0.1], [0.2]]), np.array([0, 1]))
TEST = Predictions(("x",), ("target",), np.array([[0.3]]))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    write_run(tmp_path / "a", SCORES, OOF, TEST)
    return tmp_path / "a"


def oof_of(project: Project, loaded: LoadedCompetition, seed: int = 0) -> Predictions:
    """Random out-of-fold predictions, in the order of the fold table."""
    table = read_folds(project.folds(loaded.competition.name))
    values = np.random.default_rng(seed).random((len(table), len(loaded.outputs)))
    values = values / values.sum(axis=1, keepdims=True) if loaded.labels else values
    return Predictions(table.ids, loaded.outputs, values, table.folds)


def test_a_finished_run_reads_back(run: Path) -> None:
    assert is_finished(run)
    assert replace(read_scores(run), files={}) == SCORES
    oof, test = read_tables(run)
    assert (oof.ids, test.ids) == (("a", "b"), ("x",))


@pytest.mark.parametrize("name", ["scores.json", "oof.csv", "test.csv"])
def test_a_run_that_lacks_a_file_has_not_finished(run: Path, name: str) -> None:
    (run / name).unlink()
    assert not is_finished(run)
    with pytest.raises(DataError, match=f"run 'a' has not finished: {run} has no {name}; run: fo"):
        read_scores(run)


@pytest.mark.parametrize("name", ["oof.csv", "test.csv"])
def test_a_table_that_is_not_the_one_scored_is_never_read(run: Path, name: str) -> None:
    (run / name).write_text((run / name).read_text().replace("0.", "1.", 1))
    with pytest.raises(StorageError, match=rf"{name} is not what the run's scores belong to"):
        read_tables(run)


def test_the_test_table_is_checked_and_read_without_the_other(run: Path) -> None:
    expected = read_tables(run)[1]
    (run / "oof.csv").write_text("of no interest")
    assert read_test(run).ids == expected.ids
    (run / "test.csv").write_text((run / "test.csv").read_text().replace("0.", "1.", 1))
    with pytest.raises(StorageError, match=r"test.csv is not what the run's scores belong to"):
        read_test(run)


def test_a_companion_that_is_undefined_on_a_fold_is_left_out(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path, rows=20, folds=20)  # no correlation on a single row
    loaded = load_tiny(project, "tiny-regression")
    assert score_table(loaded, oof_of(project, loaded)).keys() == {"rmse"}


def test_a_run_that_is_in_training_names_who_trains_it(tmp_path: Path) -> None:
    with only_driver_of(tmp_path / "run"), pytest.raises(DataError) as caught:
        read_scores(tmp_path / "run")
    waiting = f"wait for process {os.getpid()}, which is at work on it"
    assert str(caught.value).endswith(f"has no scores.json, oof.csv, test.csv; {waiting}")


def test_a_run_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run 'b' does not exist"):
        read_scores(tmp_path / "b")


def test_old_scores_never_stand_beside_new_tables(run: Path) -> None:
    (run / "test.csv").unlink()
    (run / "test.csv").mkdir()  # writing the second table will fail
    with pytest.raises(OSError, match="directory"):
        write_run(run, SCORES, OOF, TEST)
    assert not (run / "scores.json").exists()


@pytest.mark.parametrize("damage", ["{", "{}", '{"scores": 3}', '{"scores": {"rmse": {"x": 1}}}'])
def test_damaged_scores_are_a_storage_error(run: Path, damage: str) -> None:
    (run / "scores.json").write_text(damage)
    with pytest.raises(StorageError, match=r"scores\.json is damaged"):
        read_scores(run)


def test_a_score_that_is_no_number_is_never_written(run: Path) -> None:
    wrong = replace(SCORES, scores={"rmse": MetricScores(float("nan"), None, [])})
    with pytest.raises(ValueError, match="JSON"):
        write_run(run, wrong, OOF, TEST)
    assert not is_finished(run)


def test_the_scores_are_plain_json(run: Path) -> None:
    table = json.loads((run / "scores.json").read_text())
    assert table["scores"]["rmse"] == {"value": 0.5, "standard_error": 0.01, "folds": [0.4, 0.6]}


def test_the_whole_and_each_fold_are_scored_as_sklearn_does(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path)
    loaded = load_tiny(project, "tiny-regression")
    oof = oof_of(project, loaded)
    found = score_table(loaded, oof)["rmse"]
    assert loaded.train.targets is not None
    assert oof.folds is not None
    target_of = dict(zip(loaded.train.ids, loaded.train.targets[:, 0], strict=True))
    targets = np.array([target_of[name] for name in oof.ids])
    assert found.value == pytest.approx(root_mean_squared_error(targets, oof.values[:, 0]))
    assert found.folds == pytest.approx(
        [
            root_mean_squared_error(targets[oof.folds == k], oof.values[oof.folds == k, 0])
            for k in range(3)
        ]
    )


def test_the_competitions_metric_comes_first_then_its_companions(tmp_path: Path) -> None:
    project = tiny_classification(tmp_path)
    loaded = load_tiny(project, "tiny-classification")
    oof = oof_of(project, loaded)
    found = score_table(loaded, oof)
    assert next(iter(found)) == "accuracy"
    assert loaded.train.targets is not None
    aligned = oof.aligned_to(loaded.train.ids, "the rows")
    expected = accuracy_score(loaded.train.targets[:, 0], aligned.values.argmax(axis=1))
    assert found["accuracy"].value == pytest.approx(expected)
    assert all(score.standard_error is not None for score in found.values())


def test_the_order_of_the_table_does_not_change_its_score(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path)
    loaded = load_tiny(project, "tiny-regression")
    oof = oof_of(project, loaded)
    shuffled = oof.aligned_to(sorted(oof.ids, reverse=True), "the rows")
    assert score_table(loaded, shuffled) == score_table(loaded, oof)


def test_a_table_without_folds_or_with_other_ids_has_no_score(tmp_path: Path) -> None:
    project = tiny_regression(tmp_path)
    loaded = load_tiny(project, "tiny-regression")
    oof = oof_of(project, loaded)
    with pytest.raises(DataError, match="an OOF table has a column fold"):
        score_table(loaded, replace(oof, folds=None))
    with pytest.raises(DataError, match="1 id of the training rows has no prediction"):
        score_table(loaded, replace(oof, ids=("other", *oof.ids[1:])))


def test_a_run_of_other_files_is_refused(tmp_path: Path) -> None:
    loaded = load_tiny(tiny_regression(tmp_path), "tiny-regression")
    with pytest.raises(DataError, match="the files of 'tiny' have changed since run 'a' was made"):
        check_unchanged(loaded, SCORES, "a")
