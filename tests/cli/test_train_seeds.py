"""`foldwise train --seeds`: a run of each seed, and their average under one name."""

import importlib
import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.errors import Interrupted
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.settings import Tfidf
from tests.cli.calling import Foldwise

WORDS = ("train", "words", "--seeds", "3,1", "--name", "many")


def move_predictions(
    monkeypatch: pytest.MonkeyPatch, by: Callable[[Any, tuple[int, ...]], Any]
) -> None:
    """Adds `by(job, shape)` to what the models of each fold predict, and scores it anew."""
    module: Any = importlib.import_module("foldwise.training.tfidf_fold")
    train = module.train_tfidf_fold

    def moved(job: Any, *rest: object) -> object:
        outcome = train(job, *rest)
        tables = {
            name: replace(table, values=table.values + by(job, table.values.shape))
            for name, table in (("valid", outcome.valid), ("test", outcome.test))
        }
        rows = job.corpus.loaded.train
        at = {name: i for i, name in enumerate(rows.ids)}
        targets = rows.targets[[at[name] for name in tables["valid"].ids]]
        score = METRICS["rmse"].function(targets, tables["valid"].values)
        return replace(outcome, **tables, result=replace(outcome.result, score=score))

    monkeypatch.setattr(module, "train_tfidf_fold", moved)


@pytest.fixture
def noisy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the seed matter to runs without chance: their predictions move with it."""

    def noise(job: Any, shape: tuple[int, ...]) -> Any:
        return 0.2 * np.random.default_rng((job.settings.seed, shape[0])).normal(size=shape)

    move_predictions(monkeypatch, noise)


def whole(project: Project) -> dict[Path, bytes]:
    files = [p for p in project.root.rglob("*") if p.is_file() and p.name != ".lock"]
    return {path: path.read_bytes() for path in files}


def test_the_average_is_the_mean_of_a_run_of_each_seed(
    project: Project, foldwise: Foldwise, noisy: None
) -> None:
    done = foldwise(*WORDS, "--json")
    assert done.code == 0, done.err
    found = done.json
    assert list(found["seeds"]) == ["3", "1"]
    assert [of["run"] for of in found["seeds"].values()] == ["many.seed3", "many.seed1"]
    assert [of["folds_trained_now"] for of in found["seeds"].values()] == [3, 3]

    # each run has its seed, and the average is their mean, row by row
    for seed in (3, 1):
        manifest = json.loads((project.run(f"many.seed{seed}") / "manifest.json").read_text())
        assert manifest["settings"]["seed"] == seed
    for name in ("oof.csv", "test.csv"):
        tables = [read_predictions(project.run(f"many.seed{s}") / name).values for s in (3, 1)]
        assert np.abs(tables[0] - tables[1]).max() > 0.1
        average = read_predictions(project.run("many") / name).values
        assert average == pytest.approx(np.mean(tables, axis=0))
    ensemble = json.loads((project.run("many") / "ensemble.json").read_text())
    assert (ensemble["seeds"], ensemble["weights"]) == ([3, 1], [0.5, 0.5])

    # the spread is that of the seeds' scores; the average is better than their mean
    scores = [of["scores"]["scores"]["rmse"]["value"] for of in found["seeds"].values()]
    assert found["spreads"]["rmse"]["mean"] == pytest.approx(np.mean(scores))
    assert found["spreads"]["rmse"]["deviation"] == pytest.approx(np.std(scores, ddof=1))
    assert found["scores"]["scores"]["rmse"]["value"] < np.mean(scores)
    assert found["expected"]["rmse"]["gain"] > 0


def test_a_second_time_nothing_is_trained(project: Project, foldwise: Foldwise) -> None:
    foldwise(*WORDS)
    kept = whole(project)
    again = foldwise(*WORDS, "--json").json
    assert [of["folds_trained_now"] for of in again["seeds"].values()] == [0, 0]
    assert whole(project) == kept


def test_people_get_each_seed_their_mean_and_the_average(
    project: Project, foldwise: Foldwise, noisy: None
) -> None:
    lines = foldwise(*WORDS).out.splitlines()
    assert lines[0] == "many: tiny-regression, 40 rows, 2 seeds"
    firsts = [line[:18].strip() for line in lines[3:8]]
    assert firsts == ["seed 3", "seed 1", "mean of the scores", "average: many", "expected on test"]
    assert " sd 0.0" in lines[5]


def test_a_seed_that_went_wrong_is_averaged_and_told(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collapsed(job: Any, shape: tuple[int, ...]) -> Any:
        went_wrong = job.settings.seed == 1 and job.folder.name == "fold-0"
        return np.full(shape, 1000.0 if went_wrong else 0.0)

    move_predictions(monkeypatch, collapsed)
    done = foldwise(*WORDS)
    assert done.code == 0, done.err
    assert "warning: averaged all the same: fold 0 of 'many.seed1' is out of line" in done.out
    (told,) = foldwise(*WORDS, "--json").json["out_of_line"]
    assert told.startswith("fold 0 of 'many.seed1'")


def test_runs_without_chance_are_told(project: Project, foldwise: Foldwise) -> None:
    assert "every seed scores the same" in foldwise(*WORDS).out


def test_unfinished_seeds_make_no_average_and_the_command_to_go_on_is_told(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*WORDS, "tfidf.penalty=2.0", "--folds", "0,2")
    assert done.code == 0
    assert done.out == (
        "many: still to train: seed 3 (fold 1), seed 1 (fold 1), so there is no average of these "
        "seeds yet; go on with: foldwise train words tfidf.penalty=2.0 --seeds 3,1 --name many\n"
    )
    assert not (project.run("many") / "ensemble.json").exists()
    assert "many.seed3: not finished, fold 0, 2 done" in foldwise("runs").out
    went_on = foldwise("train", "words", "tfidf.penalty=2.0", "--seeds", "3,1", "--name", "many",
                       "--resume", "--json").json  # fmt: skip
    assert [of["folds_trained_now"] for of in went_on["seeds"].values()] == [1, 1]
    assert went_on["scores"] is not None


def test_no_fold_of_any_seed_is_begun_after_the_time_given(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*WORDS, "--max-time", "0s", "--json")
    assert done.code == 0
    assert [of["missing_folds"] for of in done.json["seeds"].values()] == [[0, 1, 2]] * 2
    assert done.json["scores"] is None


def test_a_stop_leaves_with_130_and_the_same_command_goes_on(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    module: Any = importlib.import_module("foldwise.training.tfidf_fold")
    fit, calls = module.fit_tfidf, []

    def interrupt(chosen: Tfidf, *rest: object) -> object:
        calls.append(chosen)
        if len(calls) == 5:
            raise Interrupted(signal.SIGINT, "stopped by SIGINT, everything saved")
        return fit(chosen, *rest)

    monkeypatch.setattr(module, "fit_tfidf", interrupt)
    assert foldwise(*WORDS).code == 130
    assert foldwise(*WORDS).code == 0
    assert len(calls) == 2 * 3 + 1  # each fold of both seeds once, and the one that was stopped


def test_fresh_begins_every_seed_again(project: Project, foldwise: Foldwise) -> None:
    foldwise(*WORDS)
    again = foldwise(*WORDS, "--fresh", "--json").json
    assert [of["folds_trained_now"] for of in again["seeds"].values()] == [3, 3]
    assert len(list(project.root.glob("runs/.many.seed*"))) == 2


def test_more_seeds_later_train_only_the_new_ones(project: Project, foldwise: Foldwise) -> None:
    foldwise(*WORDS)
    done = foldwise("train", "words", "--seeds", "3,1,5", "--name", "many", "--json")
    (aside,) = project.root.glob("runs/.many.*")
    assert f"the average that was many, of other seeds, is kept in {aside}\n" in done.err
    more = done.json
    assert [of["folds_trained_now"] for of in more["seeds"].values()] == [0, 0, 3]
    ensemble = json.loads((project.run("many") / "ensemble.json").read_text())
    assert ensemble["seeds"] == [3, 1, 5]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--seeds", "7", "--name", "one"],
            "an average is of two different seeds at least, got 7; for one seed",
        ),
        (["--seeds", "0,1"], "holds a run of one seed, so that the average needs another name"),
        (["--seeds", "0,1", "seed=4", "--name", "x"], "there are both --seeds and 'seed=4'"),
        (
            ["--seeds", "1,1", "--name", "one"],
            "seeds are all different, since equal ones train the same run: got '1,1'; give 1 once",
        ),
        (["--seeds", "0,1", "--name", "both"], "both holds an ensemble of other runs"),
        (["--seeds", "0,x"], "seeds are numbers with commas"),
        (["--seeds", "0,1", "--name", "x", "--resume"], "nothing to resume"),
    ],
)
def test_what_cannot_be_averaged_is_refused_before_anything_trains(
    project: Project, foldwise: Foldwise, words: list[str], message: str
) -> None:
    done = foldwise("train", "words", *words)
    assert done.code == 2
    assert message in done.err
    assert not any(project.root.glob("runs/*.seed*/fold-*"))


def test_other_settings_are_refused_for_all_seeds_at_once(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise(*WORDS)
    done = foldwise(*WORDS, "tfidf.penalty=9.0")
    assert done.code == 2
    assert done.err.count("tfidf.penalty: the run has") == 2


def test_the_runs_of_single_seeds_are_listed_only_when_asked_for(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise(*WORDS)
    few = foldwise("runs", "--json").json
    assert set(few["finished"]) == {"words", "letters", "both", "many"}
    assert few["hidden"] == ["many.seed1", "many.seed3"]
    assert "runs of single seeds are not shown: 2; foldwise runs --all" in foldwise("runs").out
    assert "many.seed1" in foldwise("runs", "--all", "--json").json["finished"]


def test_an_average_predicts_and_submits_as_any_ensemble(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise(*WORDS)
    assert foldwise("submit", "many").code == 0
    assert project.submission("many").is_file()
    (mine,), (theirs,) = (
        foldwise("predict", run, "a very good film", "--json").json for run in ("many", "words")
    )
    assert mine["outputs"] == theirs["outputs"]


def test_averages_of_the_same_seeds_are_compared_seed_by_seed(
    project: Project, foldwise: Foldwise, noisy: None
) -> None:
    foldwise(*WORDS)
    foldwise("train", "letters", "--seeds", "1,3", "--name", "others")
    found = foldwise("compare", "many", "others", "--json").json
    seeds = found["seeds"]["difference"]["seeds"]
    assert set(seeds) == {"1", "3"}
    for seed, value in seeds.items():
        first, second = (
            json.loads((project.run(f"{run}.seed{seed}") / "scores.json").read_text())["scores"]
            for run in ("many", "others")
        )
        assert value == pytest.approx(first["rmse"]["value"] - second["rmse"]["value"])
    out = foldwise("compare", "many", "others").out
    assert "rmse: one run of each, seed by seed" in out
    assert "One run of each, over seeds 1, 3: " in out

    # other seeds have no pairs, and members that changed since tell nothing
    foldwise("train", "letters", "--seeds", "1,4", "--name", "third")
    unlike = foldwise("compare", "many", "third", "--json").json
    assert unlike["seeds"] is None
    assert "many has seeds 1, 3, third 1, 4; train the others" in unlike["notes"][0]
    path = project.run("others.seed1") / "test.csv"
    path.write_text(path.read_text() + "\n")
    notes = foldwise("compare", "many", "others", "--json").json["notes"]
    assert notes[0].startswith("others is not compared seed by seed: the predictions of others.se")
