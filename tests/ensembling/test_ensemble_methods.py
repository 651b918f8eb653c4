"""Ensembles of every method: rows in any order, records read back, decisions, in-sample members."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from foldwise.ensembling.ensemble import blend
from foldwise.ensembling.recipe import Options
from foldwise.ensembling.record import read_ensemble
from foldwise.errors import DataError, UsageError
from foldwise.paths import Project
from foldwise.training.run_scores import read_scores, read_tables, write_run
from tests.tiny_competitions import load_tiny, tiny_regression
from tests.tiny_tfidf import train_tfidf

WAYS: list[tuple[list[str], dict[str, Any]]] = [
    (["a", "b", "c"], {"weights": [3, 2, 1]}),
    (["a", "b", "c"], {"method": "rank"}),
    (["a", "b", "c"], {"method": "nnls"}),
    (["a", "b", "c"], {"method": "hill"}),
    (["a", "b", "c"], {"method": "ridge"}),
    (["classes-a", "classes-b"], {"method": "hill", "options": Options(decision="cut_points")}),
    (["classes-a", "classes-b"], {"method": "nnls", "options": Options(space="logit")}),
    (
        ["classes-a", "classes-b"],
        {"method": "logistic", "options": Options(temperature=True, decision="thresholds")},
    ),
]


@pytest.mark.parametrize(("names", "how"), WAYS)
def test_rows_in_any_order_make_the_same_ensemble_to_the_last_digit(
    project: Project, names: list[str], how: dict[str, Any]
) -> None:
    blend(project, names, "first", **how)
    for seed, name in enumerate(names):
        run = project.run(name)
        random = np.random.default_rng(seed)
        tables = [
            table.aligned_to([table.ids[i] for i in random.permutation(len(table))], "itself")
            for table in read_tables(run)
        ]
        write_run(run, read_scores(run), *tables)
    blend(project, names, "second", **how)
    first, second = project.run("first"), project.run("second")
    for table in ("oof.csv", "test.csv"):
        assert (second / table).read_bytes() == (first / table).read_bytes()
    assert read_scores(second) == read_scores(first)
    # the members' files are others, and nothing else is
    ensemble = read_ensemble(second)
    assert replace(ensemble, hashes=read_ensemble(first).hashes) == read_ensemble(first)


def test_a_decision_is_the_most_probable_label_for_everyone(project: Project) -> None:
    options = Options(decision="cut_points")
    made = blend(project, ["classes-a", "classes-b"], "cut", "mean", options=options)
    oof, _ = read_tables(project.run("cut"))
    aligned = oof.aligned_to(made.loaded.train.ids, "the training rows")
    targets = made.loaded.train.targets
    assert targets is not None
    decided = np.empty(len(oof), dtype=np.int64)
    for fold, formula in made.fit.by_fold.items():
        mine = made.problem.folds == fold
        plain = replace(formula, cut_points=[]).apply(made.problem.members[:, mine])
        positions = plain @ np.arange(3)
        decided[mine] = np.searchsorted(formula.cut_points, positions, side="right")
    # ids are sorted in this competition as they are in the file
    np.testing.assert_array_equal(aligned.values.argmax(axis=1), decided)
    assert made.scores.scores["accuracy"].value == (decided == targets[:, 0]).mean()


def test_options_that_make_no_sense_are_refused_before_anything_is_written(
    project: Project,
) -> None:
    with pytest.raises(UsageError, match="a regression has none"):
        blend(project, ["a", "b"], "new", options=Options(space="logit"))
    assert not (project.run("new") / "ensemble.json").exists()


def test_members_that_look_in_sample_are_refused_until_one_insists(project: Project) -> None:
    big = Project(project.root)
    tiny_regression(big.root, "larger", rows=300, folds=3)
    for name in ("x", "y"):
        train_tfidf(big, name, "larger", tfidf={"penalty": 1.0 if name == "x" else 3.0})
    loaded = load_tiny(big, "larger")
    run = big.run("y")
    oof, test = read_tables(run)
    assert loaded.train.targets is not None
    aligned = oof.aligned_to(loaded.train.ids, "the training rows")
    values = aligned.values.copy()
    learned = np.asarray(aligned.folds) == 1
    values[learned] = 0.1 * values[learned] + 0.9 * loaded.train.targets[learned]
    write_run(run, read_scores(run), replace(aligned, values=values), test)
    with pytest.raises(DataError, match=r"the OOF of 'y' looks in-sample: ") as caught:
        blend(big, ["x", "y"], "new", method="nnls")
    # the next step is a whole command: the one that met it may have no such option
    (told,) = caught.value.complaints
    again = "foldwise ensemble x y --name new --method nnls --allow-in-sample"
    assert told.endswith(f"train it again, or insist: {again}")
    assert not (big.run("new") / "ensemble.json").exists()
    blend(big, ["x", "y"], "new", method="nnls", allow_in_sample=True)
    (told,) = read_ensemble(big.run("new")).suspicious
    assert "on fold 1" in told
