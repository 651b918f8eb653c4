"""`foldwise ablate`: variants beside the base, trained once and compared row by row."""

import importlib
import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldwise.competition.metrics import METRICS
from foldwise.errors import FoldFailed, Interrupted
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.settings import Tfidf
from tests.cli.calling import Foldwise
from tests.tiny_competitions import load_tiny

WORDS = ("ablate", "words", "tfidf.penalty=0.1,10")
DIVERGES = 7.0  # the penalty of which a fit fails, in some tests


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a fold fail whose penalty is 7."""
    module: Any = importlib.import_module("foldwise.training.tfidf_fold")
    fit = module.fit_tfidf

    def fail(chosen: Tfidf, *rest: object) -> object:
        if chosen.penalty == DIVERGES:
            raise FoldFailed("the loss is NaN at step 3; use a lower rate")
        return fit(chosen, *rest)

    monkeypatch.setattr(module, "fit_tfidf", fail)


def trained_runs(project: Project) -> list[str]:
    return sorted(path.name for path in project.root.glob("runs/words.ablation.*"))


def whole(project: Project) -> dict[Path, bytes]:
    files = [p for p in project.root.rglob("*") if p.is_file() and p.name != ".lock"]
    return {path: path.read_bytes() for path in files}


def test_variants_are_compared_with_the_base_and_a_second_time_nothing_is_trained(
    project: Project, foldwise: Foldwise
) -> None:
    first = foldwise(*WORDS, "--json")
    assert first.code == 0, first.err
    found = first.json
    assert [v["state"] for v in found["variants"]] == ["compared", "compared"]
    assert {v["name"] for v in found["variants"]} == {"tfidf.penalty=0.1", "tfidf.penalty=10"}
    assert (found["folds"], found["seeds"], found["rows"]) == ([0, 1, 2], [42], 40)
    values = [v["difference"]["value"] for v in found["variants"]]
    assert values == sorted(values)  # lower is better

    # the difference is that of the runs' own scores
    for variant in found["variants"]:
        own = json.loads(
            (project.run(variant["trained"]["runs"]["42"]) / "scores.json").read_text()
        )
        base = json.loads((project.run("words") / "scores.json").read_text())
        expected = own["scores"]["rmse"]["value"] - base["scores"]["rmse"]["value"]
        assert variant["difference"]["value"] == pytest.approx(expected, abs=1e-12)

    kept = whole(project)
    second = foldwise(*WORDS, "--json")
    assert (second.code, second.out) == (0, first.out)
    assert whole(project) == kept
    assert json.loads((project.run("words.ablation") / "ablation.json").read_text()) == found


def test_the_run_of_train_is_the_base_where_it_is_the_same(
    project: Project, foldwise: Foldwise
) -> None:
    assert foldwise(*WORDS, "--json").json["base"]["runs"] == {"42": "words"}
    assert len(trained_runs(project)) == 2
    other = foldwise(*WORDS, "--base", "tfidf.min_rows=1", "--json").json
    assert other["base"]["runs"]["42"].startswith("words.ablation.base.seed42.")


def test_runs_are_shared_by_ablations(project: Project, foldwise: Foldwise) -> None:
    foldwise(*WORDS)
    before = set(trained_runs(project))
    foldwise("ablate", "words", "x: tfidf.penalty=10.0", "tfidf.min_rows=1", "--name", "other")
    assert len(set(trained_runs(project)) - before) == 1
    assert (project.run("other.ablation") / "ablation.json").is_file()


def test_people_get_a_table_a_plot_and_what_it_could_show(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*WORDS)
    lines = done.out.splitlines()
    assert lines[0].startswith("words: 2 variants of it, 40 rows of tiny-regression, fold 0, 1, 2")
    assert lines[1].split()[:3] == ["variant", "rmse", "difference"]
    assert lines[3].startswith("(base)")
    assert sum("●" in line or "o" in line.split() for line in lines) == 2
    assert "could not have been told from noise here (" in done.out
    page = (project.run("words.ablation") / "ablation.md").read_text()
    assert "| tfidf.penalty=10 |" in page
    for name in ("ablation.json", "ablation.md"):
        assert f"written: {project.run('words.ablation') / name}\n" in done.out


def test_some_folds_are_compared_on_their_rows_alone(project: Project, foldwise: Foldwise) -> None:
    done = foldwise(*WORDS, "--folds", "0,2", "--base", "seed=5", "--json")
    assert done.code == 0, done.err
    (variant, _) = done.json["variants"]
    run = project.run(variant["trained"]["runs"]["5"])
    assert sorted(path.parent.name for path in run.glob("*/result.json")) == ["fold-0", "fold-2"]
    tables = [read_predictions(run / f"fold-{fold}" / "valid.csv") for fold in (0, 2)]
    rows = load_tiny(project, "tiny-regression").train
    at = [rows.ids.index(name) for table in tables for name in table.ids]
    values = np.concatenate([table.values for table in tables])
    score = METRICS["rmse"].function(np.asarray(rows.targets)[at], values)
    assert variant["trained"]["score"] == pytest.approx(score, abs=1e-12)
    assert (done.json["rows"], list(variant["difference"]["folds"])) == (len(at), ["0", "2"])


def test_several_seeds_are_each_compared_with_their_like(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise(*WORDS, "--seeds", "0,1", "--json").json
    assert list(done["base"]["runs"]) == ["0", "1"]
    for variant in done["variants"]:
        seeds = variant["difference"]["seeds"]
        assert seeds["0"] == seeds["1"]  # TF-IDF has no chance in it
        assert variant["difference"]["of_seeds"] == 0
    assert len(trained_runs(project)) == 6


def test_all_that_is_wrong_is_told_before_anything_trains(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("ablate", "words", "tfidf.penalty=-1,1.0", "tfidf.penalt=3", "--seeds", "1")
    assert done.code == 2
    assert "3 problems:" in done.err
    assert "tfidf.penalty must be greater than 0, got -1" in done.err
    assert "tfidf.penalty=1.0: that is the base itself" in done.err
    assert "did you mean 'tfidf.penalty'?" in done.err
    assert trained_runs(project) == []


def test_a_variant_that_fails_is_shown_with_its_reason_and_the_others_go_on(
    project: Project, foldwise: Foldwise, failing: None
) -> None:
    done = foldwise("ablate", "words", "tfidf.penalty=7,10", "--seeds", "0,1")
    assert done.code == 4
    assert "tfidf.penalty=7 failed, seed 0: the loss is NaN at step 3" in done.err
    found = json.loads((project.run("words.ablation") / "ablation.json").read_text())
    assert [(v["name"], v["state"]) for v in found["variants"]] == [
        ("tfidf.penalty=10", "compared"),
        ("tfidf.penalty=7", "failed"),
    ]
    rows = {line.split()[0]: line for line in done.out.splitlines() if line}
    assert rows["tfidf.penalty=7"].split()[1:] == ["failed"]
    assert not any("penalty-7.0.seed1" in name for name in trained_runs(project))


def test_a_base_that_fails_ends_the_ablation(
    project: Project, foldwise: Foldwise, failing: None
) -> None:
    done = foldwise(*WORDS, "--base", "tfidf.penalty=7", "--json")
    assert (done.code, done.json["error"]) == (4, "FoldFailed")
    assert len(trained_runs(project)) == 1


def test_a_stop_leaves_with_130_and_the_same_command_goes_on(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    module: Any = importlib.import_module("foldwise.training.tfidf_fold")
    fit, calls = module.fit_tfidf, []

    def interrupt(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 5:
            raise Interrupted(signal.SIGINT, "stopped by SIGINT, everything saved")
        return fit(*arguments)

    monkeypatch.setattr(module, "fit_tfidf", interrupt)
    assert foldwise(*WORDS).code == 130
    assert foldwise(*WORDS).code == 0
    assert len(calls) == 2 * 3 + 1  # each fold of both variants once, and the one that was stopped


def test_no_fold_is_begun_after_the_time_given(project: Project, foldwise: Foldwise) -> None:
    done = foldwise(*WORDS, "--max-time", "0s", "--json")
    assert done.code == 0
    assert [v["state"] for v in done.json["variants"]] == ["unfinished"] * 2
    assert done.json["variants"][0]["reason"] == (
        "seed 42 still to train; the same command without --fresh goes on"
    )
    assert done.json["base"] is not None  # it was there
    assert foldwise(*WORDS, "--json").json["variants"][0]["state"] == "compared"


def test_fresh_trains_again_and_leaves_the_run_of_train_alone(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise(*WORDS)
    before = whole(project)
    assert foldwise(*WORDS, "--fresh").code == 0
    assert len(list(project.root.glob("runs/.words.ablation.*"))) == 2
    after = whole(project)
    own = [path for path in before if path.is_relative_to(project.run("words"))]
    assert [path for path in own if before[path] != after.get(path)] == []


def test_fast_variants_are_those_of_the_small_form(project: Project, foldwise: Foldwise) -> None:
    done = foldwise(*WORDS, "--fast", "--json")
    assert (done.json["name"], done.json["folds"]) == ("words-fast.ablation", [0, 1])


def test_runs_of_ablations_are_listed_only_when_asked_for(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise(*WORDS)
    few = foldwise("runs", "--json").json
    assert set(few["finished"]) == {"words", "letters", "both"}
    assert len(few["hidden"]) == 2
    assert "runs of ablations are not shown: 2; foldwise runs --all" in foldwise("runs").out
    every = foldwise("runs", "--all", "--json").json
    assert set(every["finished"]) - set(few["finished"]) == set(trained_runs(project))
    assert (every["unfinished"], every["damaged"]) == ({}, {})


def test_what_was_trained_from_other_data_is_refused_before_anything_trains(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise(*WORDS)
    train = project.competition("tiny-regression") / "train.csv"
    train.write_text(train.read_text().replace("film", "movie"))
    done = foldwise(*WORDS)
    assert done.code == 2
    assert done.err.count("data: changed since the run began") == 2
    assert foldwise(*WORDS, "--fresh").code == 0


def test_a_missing_matplotlib_is_said_and_costs_only_the_picture(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)  # an import of it fails
    done = foldwise(*WORDS)
    assert done.code == 0
    assert "note: no picture: matplotlib is not installed" in done.err
    names = sorted(path.name for path in project.run("words.ablation").iterdir())
    assert names == ["ablation.json", "ablation.md"]
