import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.record import is_ensemble, members_below, read_ensemble
from foldwise.errors import DataError, StorageError, UsageError
from foldwise.folds.making import make_folds, save_folds
from foldwise.locks import only_driver_of
from foldwise.paths import Project
from foldwise.predictions.table import read_predictions
from foldwise.training.run_scores import read_scores, read_tables, score_table, write_run
from tests.full_disk import run_on_full_disk
from tests.tiny_competitions import load_tiny
from tests.tiny_tfidf import train_tfidf


def contents(run: Path) -> dict[str, bytes]:
    files = (path for path in sorted(run.rglob("[!.]*")) if path.is_file())
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


def test_an_ensemble_is_a_run_with_the_mean_of_its_members(project: Project) -> None:
    scores = blend(project, ["a", "b", "c"], "mean").scores
    run = project.run("mean")
    for name in ("oof.csv", "test.csv"):
        members = [read_predictions(project.run(m) / name) for m in ("a", "b", "c")]
        found = read_predictions(run / name)
        np.testing.assert_allclose(found.values, np.mean([m.values for m in members], axis=0))
        assert (found.ids, found.outputs) == (members[0].ids, members[0].outputs)
    assert scores == read_scores(run)
    assert (scores.kind, scores.competition, scores.rows) == ("ensemble", "tiny-regression", 40)
    loaded = load_tiny(project, "tiny-regression")
    assert scores.scores == score_table(loaded, read_predictions(run / "oof.csv"))
    assert is_ensemble(run)
    assert not is_ensemble(project.run("a"))


def test_weights_are_shares_of_their_sum(project: Project) -> None:
    blend(project, ["a", "b"], "heavy", weights=[3, 1])
    ensemble = read_ensemble(project.run("heavy"))
    assert (ensemble.method, ensemble.weights) == ("weights", [0.75, 0.25])
    first, second, found = (
        read_predictions(project.run(name) / "test.csv").values for name in ("a", "b", "heavy")
    )
    np.testing.assert_allclose(found, 0.75 * first + 0.25 * second)


@pytest.mark.parametrize("names", [["a", "b", "c"], ["classes-a", "classes-b"]])
def test_fitted_weights_are_scored_on_rows_they_were_not_fitted_on(
    project: Project, names: list[str]
) -> None:
    scores = blend(project, names, "nnls", method="nnls").scores
    run = project.run("nnls")
    ensemble = read_ensemble(run)
    assert ensemble.method == "nnls"
    assert sum(ensemble.weights) == pytest.approx(1)
    assert np.shape(ensemble.fold_weights) == (3, len(names))
    honest = score_table(load_tiny(project, scores.competition), read_predictions(run / "oof.csv"))
    assert scores.scores == honest
    # the score on the fitted rows stands beside it, for all to see the difference
    assert ensemble.in_sample.keys() == scores.scores.keys()


def test_an_ensemble_records_what_its_members_were(project: Project) -> None:
    blend(project, ["a", "b"], "mean")
    ensemble = read_ensemble(project.run("mean"))
    assert ensemble.members == ["a", "b"]
    assert ensemble.hashes == {
        member: [
            hashlib.sha256((project.run(member) / name).read_bytes()).hexdigest()
            for name in ("oof.csv", "test.csv")
        ]
        for member in ("a", "b")
    }


@pytest.mark.parametrize("how", [{}, {"weights": [1, 2]}, {"method": "nnls"}])
def test_the_second_time_nothing_is_written(project: Project, how: dict[str, Any]) -> None:
    first = blend(project, ["a", "b"], "again", **how).scores
    before = contents(project.run("again"))
    times = {path: path.stat().st_mtime_ns for path in project.run("again").glob("[!.]*")}
    assert blend(project, ["a", "b"], "again", **how).scores == first
    assert contents(project.run("again")) == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_member_that_changed_makes_the_ensemble_anew(project: Project) -> None:
    blend(project, ["a", "b"], "mean")
    oof, table = read_tables(project.run("b"))
    shifted = replace(table, values=table.values + 2)
    write_run(project.run("b"), read_scores(project.run("b")), oof, shifted)
    before = read_predictions(project.run("mean") / "test.csv").values
    blend(project, ["a", "b"], "mean")
    np.testing.assert_allclose(
        read_predictions(project.run("mean") / "test.csv").values, before + 1
    )


def test_a_member_that_was_tampered_with_is_refused(project: Project) -> None:
    path = project.run("b") / "oof.csv"
    path.write_text(path.read_text().replace("r000,0,", "r000,0,1"))
    with pytest.raises(StorageError, match=r"b/oof\.csv is not what the run's scores belong to"):
        blend(project, ["a", "b"], "mean")
    assert not project.run("mean").exists()


def test_an_old_ensemble_of_the_name_is_set_aside_whole(project: Project) -> None:
    blend(project, ["a", "b"], "mean")
    old = contents(project.run("mean"))
    made = blend(project, ["b", "c"], "mean")
    assert made.aside is not None
    assert contents(made.aside) == old
    # with nothing in its way that was made otherwise, nothing is set aside
    assert blend(project, ["b", "c"], "mean").aside is None
    blend(project, ["b", "c"], "other")
    assert read_ensemble(project.run("mean")).members == ["b", "c"]
    first, second = (contents(project.run(name)) for name in ("mean", "other"))
    assert {**first, "journal.jsonl": b""} == {**second, "journal.jsonl": b""}


def test_an_ensemble_that_was_killed_half_way_is_finished(project: Project) -> None:
    blend(project, ["a", "b"], "mean")
    whole = contents(project.run("mean"))
    for name in ("scores.json", "test.csv"):
        (project.run("mean") / name).unlink()
    blend(project, ["a", "b"], "mean")
    found = contents(project.run("mean"))
    assert {**found, "journal.jsonl": b""} == {**whole, "journal.jsonl": b""}


def test_an_ensemble_can_be_a_member(project: Project) -> None:
    blend(project, ["a", "b"], "pair")
    blend(project, ["pair", "c"], "three", weights=[2, 1])
    flat = [read_predictions(project.run(name) / "oof.csv").values for name in ("a", "b", "c")]
    found = read_predictions(project.run("three") / "oof.csv").values
    np.testing.assert_allclose(found, np.mean(flat, axis=0))
    assert members_below(project, "three") == ["pair", "a", "b", "c"]
    assert members_below(project, "a") == []


def test_a_trained_run_is_never_replaced(project: Project) -> None:
    before = contents(project.run("c"))
    with pytest.raises(
        UsageError, match=r"c holds a run that is no ensemble; give the ensemble an"
    ):
        blend(project, ["a", "b"], "c")
    assert contents(project.run("c")) == before


def test_an_unfinished_member_is_refused_and_nothing_is_written(project: Project) -> None:
    (project.run("b") / "scores.json").unlink()
    with pytest.raises(DataError, match="run 'b' has not finished"):
        blend(project, ["a", "b"], "mean")
    assert not project.run("mean").exists()


def test_runs_of_other_competitions_are_refused(project: Project) -> None:
    with pytest.raises(
        DataError, match="members must be of one competition, but 'a' is of 'tiny-re"
    ):
        blend(project, ["a", "classes-a"], "mean")


def test_runs_of_other_folds_are_refused(project: Project) -> None:
    loaded = load_tiny(project, "tiny-regression")
    other = make_folds(loaded, n=3, seed=9).table
    save_folds(project.folds("tiny-regression"), other, force=True)
    train_tfidf(project, "d")
    with pytest.raises(DataError, match="members must share their folds"):
        blend(project, ["a", "d"], "mean")


def test_runs_of_merged_folds_are_refused(project: Project) -> None:
    train_tfidf(project, "d", training={"folds": 2})
    with pytest.raises(DataError, match="folds differ"):
        blend(project, ["a", "d"], "mean")


def test_runs_of_other_data_are_refused(project: Project) -> None:
    path = project.root / "input" / "tiny-regression" / "train.csv"
    path.write_text(path.read_text().replace("the", "thee", 1))
    train_tfidf(project, "d")
    with pytest.raises(DataError, match="members must share their data"):
        blend(project, ["a", "d"], "mean")
    # a and b agree with each other, but not with the file that would score them
    with pytest.raises(
        DataError, match="the files of 'tiny-regression' have changed since run 'a'"
    ):
        blend(project, ["a", "b"], "mean")


def test_runs_of_some_of_the_rows_are_blended_among_themselves(project: Project) -> None:
    for name, penalty in (("d", 1.0), ("e", 5.0)):
        train_tfidf(project, name, training={"rows": 30}, tfidf={"penalty": penalty})
    for method in ("mean", "nnls"):
        scores = blend(project, ["d", "e"], method, method=method).scores
        assert scores.rows == 30
    with pytest.raises(DataError, match="'a' has 40 OOF rows and 'd' 30"):
        blend(project, ["a", "d"], "other")


def test_two_makers_of_one_ensemble_exclude_each_other(project: Project) -> None:
    with (
        only_driver_of(project.run("mean")),
        pytest.raises(UsageError, match="one driver per run"),
    ):
        blend(project, ["a", "b"], "mean")


def test_a_full_disk_leaves_the_old_tables_whole(project: Project, tmp_path: Path) -> None:
    outcome = run_on_full_disk(
        tmp_path,
        f"""
        import json, os, shutil
        from pathlib import Path
        from foldwise.ensembling.ensemble import blend
        from foldwise.errors import StorageError
        from foldwise.paths import Project
        from foldwise.predictions.table import read_predictions

        shutil.copytree({str(project.root)!r}, "project")
        project = Project(Path("project").absolute())
        with open("filler", "wb") as filler:
            try:
                while True:
                    os.write(filler.fileno(), bytes(4096))
            except OSError:
                pass
            filler.truncate(filler.tell() - 3 * 4096)
        try:
            blend(project, ["a", "b"], "mean")
        except StorageError as error:
            files = sorted(os.listdir(project.run("mean")))
            print(json.dumps([error.exit_code, str(error), files]))
        """,
    )
    code, message, files = outcome
    assert code == 5
    assert "the disk is full: writing" in message
    # whatever is there has its own name and is whole; no score stands there without both tables
    assert not [name for name in files if name.endswith(".tmp")]
    assert "scores.json" not in files
