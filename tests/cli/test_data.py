"""`foldwise data`."""

import shutil
from pathlib import Path

import pytest

from foldwise.paths import Project
from tests.cli.calling import Foldwise
from tests.cli.tiny_recipe import RECIPE, project_without_data
from tests.tiny_competitions import write_rows, write_tiny
from tests.tiny_encoders import make_tiny_encoder


def test_the_report_shows_rows_lengths_targets_groups_and_duplicates(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("data", "tiny-grouped")
    assert done.code == 0
    assert "train    40      0  characters" in done.out
    assert "target" in done.out
    assert "groups: 10; the largest, " in done.out
    assert "texts equal: 0 stand in 0 training rows" in done.out
    assert "note: no lengths in tokens" in done.err
    assert "labels" not in done.out
    assert "label  rows  share\n" in foldwise("data", "tiny-classification").out


def test_the_report_fits_into_80_columns(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = [
        line
        for name in ("tiny-grouped", "tiny-classification")
        for line in foldwise("data", name).out.splitlines()
        if not line.startswith("texts")
    ]
    assert max(map(len, tables)) <= 80


def test_lengths_are_counted_in_the_tokens_of_the_encoder_asked_for(
    project: Project, foldwise: Foldwise
) -> None:
    encoder = make_tiny_encoder(project.root / "encoder", "bert")
    words = ("data", "tiny-regression", "--encoder", encoder, "--max-length", 8)
    shown = foldwise(*words)
    assert shown.err == "data of tiny-regression: already there\n"
    assert "over 8\n" in shown.out
    report = foldwise(*words, "--json").json["report"]
    tokens = report["train"]["lengths"]["tokens"]
    assert tokens["longest"] == report["train"]["lengths"]["words"]["longest"] + 3  # [CLS] . [SEP]
    assert 0 < tokens["over"] <= 1


def test_an_encoder_that_was_asked_for_and_is_not_here_is_an_error(
    project: Project, foldwise: Foldwise
) -> None:
    done = foldwise("data", "tiny-regression", "--encoder", "no/such")
    assert done.code == 2
    assert "the encoder 'no/such' is nowhere to be found" in done.err


def test_repeated_texts_conflicts_and_known_test_rows_are_named(
    tmp_path: Path, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = [
        {"id": "a", "text": "same", "target": "1"},
        {"id": "b", "text": "same", "target": "2"},
        {"id": "c", "text": "other", "target": "3"},
        {"id": "d", "text": " ", "target": "4"},
    ]
    test = [{"id": "t", "text": "Other"}]
    write_tiny(tmp_path, "twice", train, test, 0, task="regression", metric="rmse")
    monkeypatch.chdir(tmp_path)
    done = foldwise("data", "twice")
    assert (
        "texts equal: 1 stand in 2 training rows, 1 of them with different targets; 0 " in done.out
    )
    assert "  different targets, by id: a = b\n" in done.out
    assert "equal but for case and space: 1 stand in 2" in done.out
    assert "  in train too, by test id: t\n" in done.out
    assert "blank texts in train: d\n" in done.out


def test_all_that_is_wrong_with_the_files_is_told_at_once(
    project: Project, foldwise: Foldwise
) -> None:
    folder = project.competition("tiny-regression")
    rows = [
        {"id": "r0", "text": "a", "target": "nan"},
        {"id": "r0", "text": "b", "target": "two"},
    ]
    write_rows(folder / "train.csv", rows)
    done = foldwise("data", "tiny-regression")
    assert done.code == 3
    assert "problems:" in done.err
    for part in ("r0", "'nan'", "'two'"):
        assert part in done.err


def test_files_come_from_a_folder(project: Project, foldwise: Foldwise, tmp_path: Path) -> None:
    folder = project.competition("tiny-regression")
    given = tmp_path / "download"
    given.mkdir()
    for path in folder.glob("*.csv"):
        shutil.move(path, given)
    assert foldwise("data", "tiny-regression").code == 2  # no [source] says where to get them
    done = foldwise("data", "tiny-regression", "--from", given, "--json")
    assert (done.code, done.json["origin"]) == (0, str(given))
    assert {Path(file["path"]).name for file in done.json["files"]} == {
        path.name for path in folder.glob("*.csv")
    }
    assert (
        foldwise("data", "tiny-regression", "--from", tmp_path / "nowhere", "--refresh").code == 3
    )


def test_a_file_that_is_not_what_its_recipe_makes_is_made_again_by_refresh(
    tmp_path: Path, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_without_data(tmp_path, monkeypatch)
    monkeypatch.chdir(project.root)
    assert foldwise("data", RECIPE).code == 0
    train = project.competition(RECIPE) / "train.csv"
    made = train.read_bytes()
    train.write_bytes(made.replace(b"film", b"fi1m"))
    changed = foldwise("data", RECIPE)
    assert changed.code == 3
    assert f"make it again with: foldwise data {RECIPE} --refresh" in changed.err
    again = foldwise("data", RECIPE, "--refresh", "--json")
    assert (again.code, again.json["already_complete"]) == (0, False)
    assert train.read_bytes() == made
