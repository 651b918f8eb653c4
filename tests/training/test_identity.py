"""A run is made from one set of settings, rows and folds, however often it is gone on with."""

import csv
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from foldwise.errors import DataError, FoldFailed, StorageError, UsageError
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.training.fold_result import RESULT
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, train_run
from foldwise.training.run_scores import read_tables
from foldwise.training.stopping import StopRequest
from tests.forked_workers import ForkedEngine
from tests.training.test_encoder_run import stopped_after
from tests.training.tiny_runs import results_of, tiny_project, tiny_settings, train_tiny


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_project(tmp_path)


def reversed_rows(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows[::-1]])


def test_rows_in_another_order_on_resume_change_no_prediction(project: Project) -> None:
    whole = train_tiny(project, "whole")
    stopped_after(project, "run", step=17)
    folder = project.competition("tiny-regression")
    for name in ("train.csv", "test.csv"):
        reversed_rows(folder / name)

    resumed = train_tiny(project, "run")

    for name in ("oof.csv", "test.csv"):
        before, after = (read_predictions(s.folder / name) for s in (whole, resumed))
        assert after.ids == before.ids[::-1]  # the table follows the file
        assert (after.aligned_to(before.ids, "x").values == before.values).all()


def test_an_edited_settings_file_of_a_run_is_refused(project: Project) -> None:
    stopped_after(project, "run", step=3)
    path = project.run("run") / "settings.toml"
    path.write_text(path.read_text().replace("epochs = 3.0", "epochs = 1.0"), encoding="utf-8")

    with pytest.raises(UsageError, match=r"training.epochs in settings.toml: the run has 3.0, the"):
        train_tiny(project, "run")


def test_a_setting_without_effect_may_change_and_is_heeded(project: Project) -> None:
    stopped_after(project, "run", step=3)

    resumed = train_tiny(project, "run", training={"checkpoint_seconds": 0.0})

    assert resumed.scores is not None


def test_another_metric_is_another_run(project: Project) -> None:
    stopped_after(project, "run", step=3, competition="tiny-classification")
    path = project.competition("tiny-classification") / "competition.toml"
    path.write_text(path.read_text().replace("accuracy", "log_loss"), encoding="utf-8")

    with pytest.raises(UsageError, match="data: changed since the run began"):
        train_tiny(project, "run", competition="tiny-classification")


def test_data_that_changes_under_the_workers_is_refused(project: Project) -> None:
    path = project.competition("tiny-regression") / "train.csv"
    original = path.read_text(encoding="utf-8")

    def spoil(progress: Progress) -> None:
        if progress.phase == "done" and path.read_text(encoding="utf-8") == original:
            path.write_text(original.replace("film", "flim", 1), encoding="utf-8")

    request = RunRequest("run", tiny_settings(project), workers=2, engine=ForkedEngine())
    with pytest.raises(UsageError, match="data: changed since the run began"):
        train_run(project, request, StopRequest(), spoil)

    assert not (project.run("run") / "scores.json").exists()


def test_a_fold_of_another_run_is_refused(project: Project) -> None:
    train_tiny(project, "run")
    other = train_tiny(project, "other", seed=7)
    shutil.rmtree(project.run("run") / "fold-1")
    shutil.copytree(other.folder / "fold-1", project.run("run") / "fold-1")

    with pytest.raises(StorageError, match="fold-1 belongs to another run"):
        train_tiny(project, "run")


@pytest.mark.parametrize("name", ["oof.csv", "test.csv"])
def test_edited_tables_of_a_finished_run_are_not_used(project: Project, name: str) -> None:
    state = train_tiny(project, "run")
    path = state.folder / name
    path.write_text(path.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")

    with pytest.raises(StorageError, match=f"{name} is not what the run's scores belong to"):
        read_tables(state.folder)


def test_a_run_that_lost_a_fold_has_no_score_until_it_is_trained_again(project: Project) -> None:
    whole = results_of(train_tiny(project, "run").folder)
    shutil.rmtree(project.run("run") / "fold-1")

    state = train_run(project, RunRequest("run", tiny_settings(project), folds=(0,)), StopRequest())
    assert state.missing == (1,)
    with pytest.raises(DataError, match="'run' has not finished"):
        read_tables(state.folder)

    assert results_of(train_tiny(project, "run").folder) == whole


def test_fresh_keeps_the_old_run_in_place_when_the_new_one_cannot_begin(project: Project) -> None:
    before = results_of(train_tiny(project, "run").folder)
    project.folds("tiny-regression").unlink()

    request = RunRequest("run", tiny_settings(project, seed=7), mode="fresh")
    with pytest.raises(DataError, match="no folds"):
        train_run(project, request, StopRequest())

    assert results_of(project.run("run")) == before


def test_a_fold_that_cannot_be_scored_is_refused_before_training(project: Project) -> None:
    folds = project.folds("tiny-classification")
    train = project.competition("tiny-classification") / "train.csv"
    with train.open(newline="", encoding="utf-8") as file:
        label_of = {row["id"]: row["target"] for row in csv.DictReader(file)}
    path = project.competition("tiny-classification") / "competition.toml"
    two = path.read_text(encoding="utf-8").replace("accuracy", "auc").replace('"fair", ', "")
    path.write_text(two, encoding="utf-8")
    train.write_text(train.read_text(encoding="utf-8").replace(",fair", ",fine"), encoding="utf-8")
    by_label = "".join(f"{i},{int(label == 'dull')}\n" for i, label in sorted(label_of.items()))
    folds.write_text(f"id,fold\n{by_label}", encoding="utf-8")

    with pytest.raises(DataError, match="fold 0 of tiny-classification has no auc"):
        train_tiny(project, "run", competition="tiny-classification")

    assert not (project.run("run") / RESULT).exists()


def test_a_diverged_state_is_never_saved(project: Project) -> None:
    changed = {
        "rates": {"top": 1.0, "head": 1.0},
        "optimizer": {"max_norm": 1e30, "weight_decay": 1e6},
        "training": {"checkpoint_seconds": 0.0, "keep": "last"},
    }
    with pytest.raises(FoldFailed):
        train_tiny(project, "run", **changed)

    for path in project.run("run").rglob("ckpt-*/model.safetensors"):
        assert all(torch.isfinite(value).all() for value in load_file(path).values())
