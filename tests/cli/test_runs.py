"""`foldwise runs`."""

import subprocess

import pytest

from foldwise.paths import Project
from tests.cli.calling import Foldwise


def test_finished_fast_and_unfinished_runs_and_ensembles_are_listed(
    project: Project, foldwise: Foldwise
) -> None:
    foldwise("train", "labels", "--fast")
    foldwise("train", "words", "--name", "half", "--folds", "0,2")
    listed = foldwise("runs", "--json").json
    assert set(listed["finished"]) == {"words", "letters", "both", "labels-fast"}
    assert listed["unfinished"] == {"half": {"finished_folds": [0, 2]}}
    assert listed["damaged"] == {}
    shown = foldwise("runs").out
    assert "tiny-regression: 40 rows, 3 folds\n" in shown
    assert "run      kind             OOF rmse        expected  optimism\n" in shown
    assert "OOF accuracy" in shown
    assert "half: not finished, fold 0, 2 done; its command goes on where it was\n" in shown
    assert "pearson" not in shown
    detailed = foldwise("runs", "-v").out
    assert "minutes" in detailed
    assert "pearson  both " in detailed


def test_the_table_fits_into_80_columns(
    project: Project, foldwise: Foldwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    def widest() -> int:
        table, _, _ = foldwise("runs").out.partition("\n\n")
        return max(map(len, table.splitlines()))

    assert widest() <= 80
    monkeypatch.setenv("COLUMNS", "50")
    assert widest() <= 50


def test_scores_are_expected_on_as_many_rows_as_are_asked_for(
    project: Project, foldwise: Foldwise
) -> None:
    usual = foldwise("runs", "--json").json["expected"]["words"]["rmse"]
    many = foldwise("runs", "--test-rows", "1000", "--json").json["expected"]["words"]["rmse"]
    assert (usual["test_rows"], many["test_rows"]) == (6, 1000)
    assert (usual["value"], usual["gain"]) == (many["value"], many["gain"])
    assert many["high"] - many["low"] < usual["high"] - usual["low"]
    assert "holds 90 % of scores on 1,000 test rows" in foldwise("runs", "--test-rows", "1000").out


def test_a_run_without_its_folds_is_expected_without_their_gain(
    project: Project, foldwise: Foldwise
) -> None:
    import shutil

    shutil.rmtree(project.run("words") / "fold-0")
    done = foldwise("runs", "--json")
    assert done.json["expected"]["words"]["rmse"]["gain"] is None
    assert done.json["expected"]["letters"]["rmse"]["gain"] > 0
    assert (
        "words: the expected score leaves out what averaging the folds' models gains"
        in foldwise("runs").out
    )


def test_runs_whose_tables_are_gone_are_listed_without_an_expected_score(
    project: Project, foldwise: Foldwise
) -> None:
    (project.run("words") / "test.csv").write_text("broken")
    done = foldwise("runs", "--json")
    assert (done.code, done.json["expected"]["words"]) == (0, {})
    assert "words: no score to expect can be told: " in foldwise("runs").out


def test_a_damaged_run_is_told_and_hides_no_other(project: Project, foldwise: Foldwise) -> None:
    path = project.run("words") / "scores.json"
    for damage in (path.read_text()[:-20], '{"metric": "rmse"}', "[]"):
        path.write_text(damage)
        done = foldwise("runs")
        assert done.code == 0
        assert "letters  tfidf" in done.out
        assert f"words: {path} is damaged (" in done.out
        assert str(path) in foldwise("runs", "--json").json["damaged"]["words"]
        for words in (["submit", "words"], ["predict", "words", "a"]):
            assert foldwise(*words).code == 5


def test_a_project_without_runs_says_how_to_begin_one(project: Project, foldwise: Foldwise) -> None:
    import shutil

    shutil.rmtree(project.root / "runs")
    assert "begin one with: foldwise train EXPERIMENT" in foldwise("runs").out


def test_a_folder_with_nothing_but_a_lock_is_no_run(project: Project, foldwise: Foldwise) -> None:
    assert foldwise("train", "words", "--name", "never", "--resume").code == 2
    assert project.run("never").is_dir()
    assert "never" not in foldwise("runs").out
    assert "no run 'never'" in foldwise("submit", "never").err


def test_runs_that_were_set_aside_are_counted_and_removed_by_the_command_that_is_told(
    project: Project, foldwise: Foldwise
) -> None:
    assert "set aside" not in foldwise("runs").out
    assert foldwise("train", "words", "--fresh").code == 0
    assert foldwise("train", "letters", "--fresh").code == 0
    runs = project.root / "runs"
    size = foldwise("runs", "--json").json["set_aside"]
    assert [name.split(".")[1] for name in size] == ["letters", "words"]
    megabytes = f"{sum(size.values()) / 1e6:,.1f}"
    told = foldwise("runs").out.splitlines()[-1]
    before, _, command = told.partition("remove them with: ")
    assert (
        before == f"set aside for newer ones of their names, hidden and kept: 2 in {megabytes} MB; "
    )
    (runs / ".words.lock").touch()  # which is no old run
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - as it is pasted
    assert "set aside" not in foldwise("runs").out
    assert (runs / ".words.lock").is_file()
    assert (runs / "words" / "oof.csv").is_file()
