import csv
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foldwise
from foldwise.errors import DataError, FoldwiseError, Interrupted, StorageError, UsageError
from foldwise.folds.making import make_folds, save_folds
from foldwise.paths import Project
from foldwise.predictions.table import mean_of, read_predictions
from foldwise.training.fold_result import finished_outcome, write_outcome
from foldwise.training.progress import Progress
from foldwise.training.run import RunRequest, train_run
from foldwise.training.run_scores import read_scores
from foldwise.training.stopping import StopRequest
from tests.forked_workers import ForkedEngine
from tests.full_disk import ROOT
from tests.tiny_competitions import (
    load_tiny,
    make_project,
    tiny_regression,
    write_rows,
)
from tests.tiny_tfidf import tfidf_settings, train_tfidf

COMPETITIONS = ["tiny-regression", "tiny-classification", "tiny-grouped", "tiny-pairs"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return tiny_regression(tmp_path)


def request(name: str = "tfidf", **keys: Any) -> RunRequest:
    return RunRequest(name=name, settings=tfidf_settings(), **keys)


def train(project: Project, name: str = "tfidf", **keys: Any) -> tuple[int, ...]:
    """The folds that are missing afterwards."""
    return train_run(project, request(name, **keys), StopRequest()).missing


def results(run: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.suffix in {".csv", ".safetensors"} or path.name == "vocabulary.json"
    }


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("four"))
    for name in COMPETITIONS:
        train_tfidf(project, name, name)
    return project


@pytest.mark.parametrize("name", COMPETITIONS)
def test_every_row_is_predicted_once_by_the_model_that_did_not_see_it(
    four: Project, name: str
) -> None:
    run, loaded = four.run(name), load_tiny(four, name)
    oof = read_predictions(run / "oof.csv")
    assert oof.ids == loaded.train.ids
    assert oof.folds is not None
    for k in range(3):
        valid = read_predictions(run / f"fold-{k}" / "valid.csv")
        assert set(valid.ids) == {i for i, f in zip(oof.ids, oof.folds, strict=True) if f == k}
        mine = oof.values[oof.folds == k]
        aligned = valid.aligned_to([i for i in oof.ids if i in set(valid.ids)], "the fold")
        np.testing.assert_array_equal(aligned.values, mine)


@pytest.mark.parametrize("name", COMPETITIONS)
def test_test_rows_are_predicted_by_the_mean_of_the_folds(four: Project, name: str) -> None:
    run = four.run(name)
    found = read_predictions(run / "test.csv")
    folds = [read_predictions(run / f"fold-{k}" / "test.csv") for k in range(3)]
    np.testing.assert_array_equal(found.values, mean_of(folds).values)
    np.testing.assert_allclose(found.values, np.mean([f.values for f in folds], axis=0))
    assert found.ids == load_tiny(four, name).test.ids


def test_a_model_that_reads_the_words_beats_the_mean(four: Project) -> None:
    targets = load_tiny(four, "tiny-regression").train.targets
    assert targets is not None
    assert read_scores(four.run("tiny-regression")).scores["rmse"].value < 0.95 * targets.std()
    assert read_scores(four.run("tiny-classification")).scores["accuracy"].value > 0.5


def test_a_finished_run_is_not_trained_again(project: Project) -> None:
    assert train_tfidf(project).trained == 3
    before = everything_in(project.run("tfidf"))
    again = train_tfidf(project)
    assert (again.trained, again.missing) == (0, ())
    assert again.scores == read_scores(project.run("tfidf"))
    assert everything_in(project.run("tfidf")) == before


def test_two_runs_of_one_seed_are_equal_to_the_last_bit(project: Project) -> None:
    train(project, "a")
    train(project, "b")
    assert results(project.run("a")) == results(project.run("b"))


def test_the_order_of_folds_and_the_number_of_sittings_change_nothing(project: Project) -> None:
    train(project, "a")
    assert train(project, "b", folds=(2,)) == (0, 1)
    assert not (project.run("b") / "oof.csv").exists()
    assert train(project, "b", folds=(1, 1)) == (0,)
    assert train(project, "b") == ()
    assert results(project.run("a")) == results(project.run("b"))


def test_two_workers_make_the_same_run_as_one(project: Project) -> None:
    two = tfidf_settings(training={"folds": 2})
    for name, workers in (("a", 1), ("b", 2)):
        request = RunRequest(name, two, workers=workers, engine=ForkedEngine())
        train_run(project, request, StopRequest())
    assert results(project.run("a")) == results(project.run("b"))


def test_the_order_of_rows_changes_no_prediction(project: Project) -> None:
    train(project, "a")
    path = project.root / "input" / "tiny-regression" / "train.csv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n")
    train(project, "a")  # the same data, so the run is the same
    train(project, "b")
    first, second = (read_predictions(project.run(name) / "oof.csv") for name in "ab")
    aligned = second.aligned_to(first.ids, "a")
    np.testing.assert_array_equal(aligned.values, first.values)  # to the last bit
    np.testing.assert_array_equal(aligned.folds, first.folds)


def test_unknown_folds_are_refused_before_anything_is_trained(project: Project) -> None:
    with pytest.raises(UsageError, match="folds are numbered 0 to 2; got 3, -1"):
        train(project, folds=(0, 3, -1))
    assert not (project.run("tfidf") / "fold-0").exists()


def test_no_time_begins_no_fold_and_says_what_is_missing(project: Project) -> None:
    assert train(project, max_seconds=0.0) == (0, 1, 2)
    assert train(project, max_seconds=1000.0) == ()


def test_a_stop_keeps_the_finished_folds_and_the_same_command_goes_on(project: Project) -> None:
    stop = StopRequest()

    def report(progress: Progress) -> None:
        if progress.phase == "done":
            stop.ask(signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        train_run(project, request(), stop, report)
    assert caught.value.exit_code == 130
    assert (project.run("tfidf") / "fold-0" / "result.json").exists()
    assert train_tfidf(project).trained == 2
    train(project, "whole")
    assert results(project.run("tfidf")) == results(project.run("whole"))


def change_settings(project: Project) -> RunRequest:
    changed = tfidf_settings(seed=7, tfidf={"penalty": 2.0})
    return RunRequest(name="tfidf", settings=changed)


def change_data(project: Project) -> RunRequest:
    path = project.root / "input" / "tiny-regression" / "train.csv"
    path.write_text(path.read_text().replace("the", "thee", 1))
    return request()


def change_test_rows(project: Project) -> RunRequest:
    path = project.root / "input" / "tiny-regression" / "test.csv"
    path.write_text(path.read_text().replace("film", "movie", 1))
    return request()


def change_folds(project: Project) -> RunRequest:
    table = make_folds(load_tiny(project, "tiny-regression"), n=3, seed=99).table
    save_folds(project.folds("tiny-regression"), table, force=True)
    return request()


def change_code(project: Project) -> RunRequest:
    copied = project.root / "package"
    (copied / "training").mkdir(parents=True)
    (copied / "training" / "loop.py").write_text("# other code\n")
    foldwise.__file__ = str(copied / "__init__.py")
    return request()


@pytest.mark.parametrize(
    ("change", "differences"),
    [
        (
            change_settings,
            ["seed: the run has 42, now asked for 7", "tfidf.penalty: the run has 1.0"],
        ),
        (change_data, ["data: changed since the run began"]),
        (change_test_rows, ["data: changed since the run began"]),
        (change_folds, ["folds: changed since the run began"]),
        (change_code, ["code: changed since the run began"]),
    ],
)
@pytest.mark.parametrize("folds", [(0,), None])  # a run that is half done, and a finished one
def test_going_on_with_something_else_is_refused_with_the_differing_keys(
    project: Project,
    change: Callable[[Project], RunRequest],
    differences: list[str],
    folds: tuple[int, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train(project, folds=folds)
    before = everything_in(project.run("tfidf"))
    monkeypatch.setattr(foldwise, "__file__", foldwise.__file__)  # put back afterwards
    changed = change(project)
    with pytest.raises(UsageError) as caught:
        train_run(project, changed, StopRequest())
    assert caught.value.exit_code == 2
    for difference in differences:
        assert f"\n  - {difference}" in str(caught.value)
    assert str(caught.value).count("\n  - ") == len(differences)
    assert everything_in(project.run("tfidf")) == before


def test_fresh_begins_again_and_keeps_the_old_run(project: Project) -> None:
    train(project)
    before = everything_in(project.run("tfidf"))
    changed = change_settings(project)
    fresh = RunRequest(changed.name, changed.settings, mode="fresh")
    assert train_run(project, fresh, StopRequest()).trained == 3
    (aside,) = (project.root / "runs").glob(".tfidf.*")
    assert everything_in(aside) == before


DRIVER = """
import sys
from pathlib import Path
from foldwise.training.run import RunRequest, train_run
from foldwise.training.stopping import StopRequest
from foldwise.paths import Project
from tests.tiny_tfidf import tfidf_settings

def report(progress):
    if progress.fold == 1:
        print("in the middle", flush=True)
        sys.stdin.read()

request = RunRequest(name="tfidf", settings=tfidf_settings())
train_run(Project(Path(sys.argv[1])), request, StopRequest(), report)
"""


def test_a_second_driver_is_refused_and_a_killed_one_leaves_nothing_stale(
    project: Project,
) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(project.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "in the middle\n"
        for mode in ("auto", "fresh"):
            with pytest.raises(UsageError, match=f"in use by process {driver.pid}; wait") as caught:
                train(project, mode=mode)
            assert caught.value.exit_code == 2
        driver.send_signal(signal.SIGKILL)
    # fold 0 was finished by the one that was killed
    assert train_tfidf(project).trained == 2
    train(project, "whole")
    assert results(project.run("tfidf")) == results(project.run("whole"))


def test_a_fold_of_another_run_is_refused(project: Project) -> None:
    train(project, "a")
    train_run(project, RunRequest("b", tfidf_settings(seed=7)), StopRequest())
    shutil.rmtree(project.run("a") / "fold-1")
    shutil.copytree(project.run("b") / "fold-1", project.run("a") / "fold-1")
    with pytest.raises(StorageError, match="fold-1 belongs to another run"):
        train(project, "a")


def test_what_is_refused_sets_nothing_aside(project: Project) -> None:
    train(project)
    before = everything_in(project.run("tfidf"))
    path = project.root / "input" / "tiny-regression" / "train.csv"
    path.write_text(path.read_text().replace("r001,", "r000,"))
    with pytest.raises(DataError):
        train(project, mode="fresh")
    assert everything_in(project.run("tfidf")) == before


def test_tables_that_were_deleted_are_gathered_again(project: Project) -> None:
    train(project)
    before = results(project.run("tfidf"))
    (project.run("tfidf") / "oof.csv").unlink()
    assert train_tfidf(project).trained == 0
    assert results(project.run("tfidf")) == before


def test_a_damaged_fold_is_named_and_trained_again_once_deleted(project: Project) -> None:
    train(project)
    before = results(project.run("tfidf"))
    fold = project.run("tfidf") / "fold-1"
    (fold / "valid.csv").write_text("id,target\n")
    with pytest.raises(StorageError, match=r"fold-1/valid\.csv is missing or differs") as caught:
        train(project)
    assert caught.value.exit_code == 5
    for path in fold.iterdir():
        path.unlink()
    assert train_tfidf(project).trained == 1
    assert results(project.run("tfidf")) == before


class Bomb:
    """Touches a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "settings.toml", "scores.json", "fold-1/result.json", "fold-1/test.csv"],
)
def test_a_pickle_anywhere_in_a_run_is_refused_and_does_nothing(
    project: Project, name: str
) -> None:
    train(project)
    (project.run("tfidf") / name).write_bytes(pickle.dumps(Bomb(project.root / "exploded")))
    with pytest.raises(FoldwiseError, match=name):
        train(project)
    assert not (project.root / "exploded").exists()


def test_duplicate_ids_are_refused_before_a_run_begins(project: Project) -> None:
    path = project.root / "input" / "tiny-regression" / "train.csv"
    path.write_text(path.read_text().replace("r001,", "r000,"))
    with pytest.raises(DataError, match="'r000'") as caught:
        train(project)
    assert caught.value.exit_code == 3
    assert everything_in(project.run("tfidf")) == {}


@pytest.mark.parametrize("rows", [0, 1])
def test_a_hidden_test_may_be_empty_or_one_row(project: Project, rows: int) -> None:
    folder = project.root / "input" / "tiny-regression"
    for name in ("test.csv", "sample_submission.csv"):
        with (folder / name).open(newline="") as file:
            table = list(csv.DictReader(file))
        write_rows(folder / name, table[:rows], header=tuple(table[0]))
    train(project)
    assert len(read_predictions(project.run("tfidf") / "test.csv")) == rows


def test_a_fold_that_chose_nothing_hides_not_the_optimism_of_the_others(project: Project) -> None:
    train(project)
    run = project.run("tfidf")
    before = read_scores(run)
    outcome = finished_outcome(run / "fold-0")
    assert outcome is not None
    assert before.in_sample == {}
    chosen = replace(outcome.valid, values=outcome.valid.values + 9)
    models = [name for name in outcome.result.files if name not in outcome.tables()]
    write_outcome(run / "fold-0", replace(outcome, in_sample=chosen), models)
    (run / "scores.json").unlink()
    train(project)
    after = read_scores(run)
    assert after.scores == before.scores
    usual = after.in_sample["rmse"].folds
    assert usual[0] > before.scores["rmse"].folds[0] + 1
    assert usual[1:] == before.scores["rmse"].folds[1:]
