from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from foldwise.ensembling.members import (
    aligned,
    check_same_origin,
    problem_of,
    read_member,
    read_members,
)
from foldwise.errors import DataError
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from tests.tiny_competitions import load_tiny


def test_a_member_is_a_finished_run_with_its_tables(project: Project) -> None:
    member = read_member(project, "a")
    assert (member.name, member.scores.kind) == ("a", "tfidf")
    assert (len(member.oof), len(member.test)) == (40, 6)


def test_a_run_that_has_not_finished_is_no_member(project: Project) -> None:
    (project.run("a") / "scores.json").unlink()
    with pytest.raises(DataError, match="run 'a' has not finished"):
        read_member(project, "a")
    with pytest.raises(DataError, match="run 'z' does not exist"):
        read_member(project, "z")


def test_runs_of_the_same_rows_and_folds_may_be_blended(project: Project) -> None:
    check_same_origin([read_member(project, name) for name in ("a", "b", "c")])


@pytest.mark.parametrize("part", ["data", "folds", "metric"])
def test_a_run_of_something_else_is_refused_with_the_part_named(
    project: Project, part: str
) -> None:
    first, second = read_member(project, "a"), read_member(project, "b")
    changed: dict[str, Any] = {part: "x" * 64}
    other = replace(second, scores=replace(second.scores, **changed))
    with pytest.raises(DataError) as caught:
        check_same_origin([first, other])
    mine = getattr(first.scores, part)[:16]
    assert caught.value.complaints == (
        f"members must share their {part}, but 'a' has {mine!r} and 'b' {'x' * 16!r}; "
        f"train them on the same",
    )


def test_of_another_competition_nothing_else_is_said_of_each_member(project: Project) -> None:
    members = [read_member(project, name) for name in ("a", "classes-a", "classes-b")]
    with pytest.raises(DataError) as caught:
        check_same_origin(members)
    assert caught.value.complaints == tuple(
        f"members must be of one competition, but 'a' is of 'tiny-regression' and {name!r} of "
        f"'tiny-classification'; leave one of them out"
        for name in ("classes-a", "classes-b")
    )


def test_every_difference_is_named_at_once(project: Project) -> None:
    first, second = read_member(project, "a"), read_member(project, "b")
    other = replace(second, scores=replace(second.scores, data="x", folds="y", metric="z"))
    with pytest.raises(DataError) as caught:
        check_same_origin([first, other])
    assert [c.split()[4] for c in caught.value.complaints] == ["data,", "folds,", "metric,"]


def test_a_run_of_fewer_rows_is_refused(project: Project) -> None:
    first, second = read_member(project, "a"), read_member(project, "b")
    fewer = replace(
        second.oof,
        ids=second.oof.ids[1:],
        values=second.oof.values[1:],
        folds=np.asarray(second.oof.folds)[1:],
    )
    with pytest.raises(DataError, match="'a' has 40 OOF rows and 'b' 39, and their ids differ; "):
        check_same_origin([first, replace(second, oof=fewer)])


def shuffled(table: Predictions, seed: int = 0) -> Predictions:
    order = np.random.default_rng(seed).permutation(len(table))
    return table.aligned_to([table.ids[i] for i in order], "itself")


def test_tables_are_aligned_by_id_whatever_order_they_have(project: Project) -> None:
    first, second = (read_member(project, name).oof for name in ("a", "b"))
    rows = aligned([shuffled(first), shuffled(second, 1)], ["a", "b"], first.ids)
    np.testing.assert_array_equal(rows.values, [first.values, second.values])
    np.testing.assert_array_equal(np.asarray(rows.folds), np.asarray(first.folds))


def test_a_problem_has_its_rows_in_the_order_of_ids(project: Project) -> None:
    loaded = load_tiny(project, "tiny-regression")
    order = np.random.default_rng(0).permutation(40)
    mixed = replace(loaded, train=loaded.train.take(order))
    tables = [read_member(project, name).oof for name in ("a", "b")]
    found = [
        problem_of(aligned(tables, ["a", "b"], part.train.ids), part) for part in (loaded, mixed)
    ]
    (first, place), (second, other) = found
    np.testing.assert_array_equal(first.members, second.members)
    np.testing.assert_array_equal(first.targets, second.targets)
    np.testing.assert_array_equal(first.folds, second.folds)
    # the places lead back to the file's order
    np.testing.assert_array_equal(first.targets[place], loaded.train.targets)
    np.testing.assert_array_equal(second.targets[other], mixed.train.targets)


def test_tables_of_other_ids_are_refused_with_the_member(project: Project) -> None:
    tables = [read_member(project, name).test for name in ("a", "b")]
    strange = replace(tables[1], ids=("stranger", *tables[1].ids[1:]))
    with pytest.raises(DataError) as caught:
        aligned([tables[0], strange], ["a", "b"], tables[0].ids)
    assert caught.value.complaints == (
        f"b: 1 id of the competition has no prediction: {tables[1].ids[0]}",
        "b: 1 predicted id is not in the competition: stranger",
    )


def test_tables_of_other_folds_or_outputs_are_refused(project: Project) -> None:
    first, second = (read_member(project, name).oof for name in ("a", "b"))
    turned = replace(second, folds=(np.asarray(second.folds) + 1) % 3, outputs=("other",))
    with pytest.raises(DataError) as caught:
        aligned([first, turned], ["a", "b"], first.ids)
    assert len(caught.value.complaints) == 2
    assert "outputs differ: a has target and b other" in caught.value.complaints[0]
    assert "folds differ between a and b: OOF predictions of" in caught.value.complaints[1]


def test_weights_are_not_fitted_on_tables_without_folds(project: Project) -> None:
    loaded = load_tiny(project, "tiny-regression")
    tables = [replace(read_member(project, name).oof, folds=None) for name in ("a", "b")]
    with pytest.raises(DataError, match="fitted on OOF tables with folds"):
        problem_of(aligned(tables, ["a", "b"], loaded.train.ids), loaded)


def test_members_share_their_ids_in_memory(project: Project) -> None:
    first, second = read_members(project, ["a", "b"])
    assert first.oof.ids is second.oof.ids
    assert first.test.ids is second.test.ids
