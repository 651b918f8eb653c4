from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from foldwise.ensembling.members import check_same_origin, read_member
from foldwise.errors import DataError
from foldwise.paths import Project


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


@pytest.mark.parametrize("part", ["competition", "data", "folds", "metric"])
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


def test_every_difference_of_every_member_is_named_at_once(project: Project) -> None:
    members = [read_member(project, name) for name in ("a", "classes-a", "classes-b")]
    with pytest.raises(DataError) as caught:
        check_same_origin(members)
    # competition, data, folds, metric and ids, of two members
    assert len(caught.value.complaints) == 10


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
