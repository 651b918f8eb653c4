"""`foldwise run`: from nothing to a submission, and what is refused before anything trains."""

import csv
import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foldwise.errors import Interrupted, StorageError
from foldwise.paths import Project
from foldwise.storage import sha256_of_file
from tests.cli.calling import Foldwise
from tests.cli.tiny_recipe import RECIPE, project_without_data
from tests.tiny_tfidf import train_tfidf


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a recipe and two experiments, and nothing else; the working folder."""
    monkeypatch.chdir(tmp_path)
    return project_without_data(tmp_path, monkeypatch)


def cells(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_from_nothing_to_a_submission_that_the_second_time_is_the_same(
    empty: Project, foldwise: Foldwise
) -> None:
    first = foldwise("run", "words", "letters", "--json")
    assert first.code == 0, first.err

    # the submission has the sample's columns, and its ids in their order
    sample = cells(empty.competition(RECIPE) / "sample_submission.csv")
    path = Path(first.json["submission"])
    assert path == empty.submission(RECIPE)
    submission = cells(path)
    assert submission[0] == sample[0]
    assert [row[0] for row in submission] == [row[0] for row in sample]
    assert len({row[1] for row in submission}) > 2  # predictions, not the sample's constant

    # every run was trained, and scored out of fold and on the hidden solution
    assert [run["run"] for run in first.json["runs"]] == ["words", "letters", RECIPE]
    assert [run["folds_trained_now"] for run in first.json["runs"]] == [5, 5, 0]
    for run in first.json["runs"]:
        assert set(run["oof"]) == set(run["private"]) == {"rmse", "pearson"}
        assert len(run["looks"]) == 5
        assert run["expected"]["rmse"]["low"] < run["expected"]["rmse"]["high"]

    # its provenance names it by its hash, and the runs below it
    told = json.loads(path.with_suffix(".json").read_text())
    assert told["sha256"] == sha256_of_file(path)
    assert list(told["runs"]) == [RECIPE, "words", "letters"]

    # the report on what was submitted
    assert Path(first.json["report"]) == empty.run(RECIPE) / "report.html"
    assert (empty.run(RECIPE) / "report.html").is_file()

    # nothing is done twice
    kept = {p: p.read_bytes() for p in empty.root.rglob("*") if p.is_file() and p.name != ".lock"}
    second = foldwise("run", "words", "letters", "--json")
    assert [run["folds_trained_now"] for run in second.json["runs"]] == [0, 0, 0]
    for run in [*first.json["runs"], *second.json["runs"]]:
        del run["folds_trained_now"]
    again = {p: p.read_bytes() for p in empty.root.rglob("*") if p.is_file() and p.name != ".lock"}
    assert [p for p in kept.keys() | again.keys() if kept.get(p) != again.get(p)] == []


def test_the_closing_table_shows_every_run_with_its_scores(
    empty: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = foldwise("run", "words", "letters")
    title, header, _, *rows = done.out.splitlines()
    assert title.startswith(f"{RECIPE}: ")
    assert " ".join(header.split()) == "metric run OOF expected private optimism"
    assert [row.split()[0] for row in rows[:6:3]] == ["rmse", "pearson"]
    assert all(row.count("±") == 2 for row in rows[:6])
    assert max(map(len, rows[:6])) <= 80
    assert f"submission: {empty.submission(RECIPE)} (" in done.out
    assert f"{RECIPE} = " in done.out  # the members' weights


def test_one_experiment_is_submitted_without_an_ensemble(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("run", "words", "--name", "mine", "--json")
    assert Path(done.json["submission"]).name == "mine.csv"
    assert [run["run"] for run in done.json["runs"]] == ["words"]
    assert done.json["runs"][0]["private"] == {}
    assert not project.run("mine").exists()


def test_what_is_there_is_used_and_the_rest_is_trained(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("run", "words", "letters", "--json")
    assert [run["folds_trained_now"] for run in done.json["runs"]] == [0, 0, 0]
    assert foldwise("train", "labels", "--folds", 1).code == 0
    done = foldwise("run", "labels", "--json")
    assert [run["folds_trained_now"] for run in done.json["runs"]] == [2]


def test_fast_runs_have_names_of_their_own(project: Project, foldwise: Foldwise) -> None:
    done = foldwise("run", "words", "letters", "--fast", "--json")
    names = ["words-fast", "letters-fast", "tiny-regression-fast"]
    assert [run["run"] for run in done.json["runs"]] == names
    assert [len(run["looks"]) for run in done.json["runs"]] == [2, 2, 2]
    assert Path(done.json["submission"]).name == "tiny-regression-fast.csv"


def test_fresh_trains_again_and_keeps_the_old_runs_aside(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("run", "words", "--fresh", "--json")
    assert done.json["runs"][0]["folds_trained_now"] == 3
    assert len(list(project.root.glob("runs/.words.*/scores.json"))) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["words", "words"], "each experiment is run once, but words is named again"),
        (
            ["words", "labels"],
            "belong to one competition, got tiny-classification, tiny-regression",
        ),
        (
            ["words", "letters", "--name", "words"],
            "needs a name of its own, but 'words' is another",
        ),
        (["words", "--name", "a/b"], "a submission's name is up to 100 letters"),
        (["words", "lettres", "wrods"], "2 problems:"),
    ],
)
def test_what_cannot_end_well_is_refused_before_anything_trains(
    words: list[str], message: str, project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("run", *words, "--fresh")
    assert done.code == 2
    assert message in done.err
    assert not list(project.root.glob("runs/.words.*"))  # the old run was not even set aside


def test_a_run_of_other_settings_is_refused_before_the_first_trains(
    project: Project, foldwise: Foldwise
) -> None:
    train_tfidf(project, "second", seed=7)
    text = (project.root / "experiments" / "words.toml").read_text()
    (project.root / "experiments" / "first.toml").write_text(text)
    (project.root / "experiments" / "second.toml").write_text(text)
    done = foldwise("run", "first", "second")
    assert done.code == 2
    assert "seed: the run has 7, now asked for 42" in done.err
    assert not project.run("first").exists()


def test_runs_that_cannot_be_blended_are_refused_before_the_first_trains(
    project: Project, foldwise: Foldwise
) -> None:
    text = (project.root / "experiments" / "words.toml").read_text()
    fewer = text.replace("rows = 0", "rows = 30")
    (project.root / "experiments" / "fewer.toml").write_text(fewer)
    done = foldwise("run", "words", "fewer")
    assert done.code == 2
    assert "runs to be blended share training.rows, got 0 in words, 30 in fewer" in done.err
    assert not project.run("fewer").exists()


def test_an_encoder_that_is_nowhere_is_told_before_the_first_run_trains(
    project: Project, foldwise: Foldwise
) -> None:
    path = project.root / "experiments" / "roberta.toml"
    path.write_text('competition = "tiny-regression"\n[encoder]\nname = "no/such"\n')
    done = foldwise("run", "words", "roberta", "--fresh")
    assert done.code == 2
    assert "the encoder 'no/such' is nowhere to be found" in done.err
    assert not list(project.root.glob("runs/.words.*"))


def test_seeds_train_each_experiment_with_all_of_them_and_blend_the_averages(
    empty: Project, foldwise: Foldwise
) -> None:
    words = ("run", "words", "letters", "--seeds", "3,1", "--json")
    done = foldwise(*words)
    assert done.code == 0, done.err
    assert [run["run"] for run in done.json["runs"]] == ["words", "letters", RECIPE]
    assert [run["folds_trained_now"] for run in done.json["runs"]] == [10, 10, 0]
    for name in ("words", "letters"):
        average = json.loads((empty.run(name) / "ensemble.json").read_text())
        assert (average["members"], average["seeds"]) == (
            [f"{name}.seed3", f"{name}.seed1"],
            [3, 1],
        )
        settings = (empty.run(f"{name}.seed3") / "settings.toml").read_text()
        assert "seed = 3" in settings
    assert json.loads((empty.run(RECIPE) / "ensemble.json").read_text())["members"] == [
        "words",
        "letters",
    ]
    assert Path(done.json["submission"]) == empty.submission(RECIPE)
    # a second time nothing is trained
    assert [run["folds_trained_now"] for run in foldwise(*words).json["runs"]] == [0, 0, 0]


def test_a_seed_that_went_wrong_is_told(
    empty: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "fold 0 of 'words.seed1' is out of line"
    module: Any = importlib.import_module("foldwise.pipeline.everything")
    train = module.train_seeds
    monkeypatch.setattr(
        module, "train_seeds", lambda *words: replace(train(*words), out_of_line=[told])
    )
    done = foldwise("run", "words", "--seeds", "3,1")
    assert done.code == 0, done.err
    assert f"words: averaged all the same: {told}\n" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["others", "--seeds", "3"], "an average is of two different seeds at least, got 3"),
        (["others", "words", "--seeds", "3,1"], "words holds a run of one seed"),
        (
            ["words", "--seeds", "3,1"],
            "copy the experiment under another name, or average it by itself with: foldwise train "
            "words --seeds 3,1 --name OTHER",
        ),
    ],
)
def test_seeds_that_make_no_average_are_refused_before_anything_trains(
    words: list[str], message: str, project: Project, foldwise: Foldwise
) -> None:
    text = (project.root / "experiments" / "words.toml").read_text()
    (project.root / "experiments" / "others.toml").write_text(text)
    done = foldwise("run", *words)
    assert done.code == 2
    assert message in done.err
    assert not list(project.root.glob("runs/others*"))


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (ValueError("a bug"), "ValueError: a bug", 0),
        (StorageError("no space"), "no space", 0),
        (KeyboardInterrupt(), "stopped by SIGINT", 130),
        (Interrupted(15, "stopped by SIGTERM"), "stopped by SIGTERM", 143),
    ],
)
def test_a_report_that_fails_takes_nothing_from_the_submission(
    error: BaseException,
    told: str,
    code: int,
    project: Project,
    foldwise: Foldwise,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_of: object) -> None:
        raise error

    monkeypatch.setattr("foldwise.cli.everything.write_report", fails)
    done = foldwise("run", "words", "--json")
    assert done.code == code
    assert (Path(done.json["submission"]).is_file(), done.json["report"]) == (True, None)
    assert f"note: no report: {told}" in done.err
    assert "try again with: foldwise report words\n" in done.err

    shown = foldwise("run", "words")
    assert (shown.code, "submission: " in shown.out) == (code, True)
    assert "report: " not in shown.out
