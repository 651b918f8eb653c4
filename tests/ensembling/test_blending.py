from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from foldwise.ensembling.blending import blend_by, blend_by_nnls
from foldwise.ensembling.fitting import cross_fit
from foldwise.ensembling.members import Member, read_member
from foldwise.errors import DataError
from foldwise.paths import Project
from foldwise.predictions.table import Predictions
from tests.tiny_competitions import load_tiny


def members_of(project: Project, *names: str) -> list[Member]:
    return [read_member(project, name) for name in names]


def shuffled(table: Predictions, seed: int = 0) -> Predictions:
    order = np.random.default_rng(seed).permutation(len(table))
    return table.aligned_to([table.ids[i] for i in order], "itself")


def test_the_mean_is_numpys(project: Project) -> None:
    members = members_of(project, "a", "b", "c")
    blend = blend_by(members, [1 / 3] * 3)
    np.testing.assert_allclose(blend.oof.values, np.mean([m.oof.values for m in members], axis=0))
    np.testing.assert_allclose(blend.test.values, np.mean([m.test.values for m in members], axis=0))
    # nothing was fitted, so there is nothing to be optimistic about
    assert blend.in_sample is blend.oof
    assert blend.fold_weights == []


def test_given_weights_are_numpys_average(project: Project) -> None:
    members = members_of(project, "classes-a", "classes-b")
    blend = blend_by(members, [0.75, 0.25])
    expected = np.average([m.oof.values for m in members], axis=0, weights=[0.75, 0.25])
    np.testing.assert_allclose(blend.oof.values, expected)
    np.testing.assert_allclose(blend.oof.values.sum(axis=1), 1)


@pytest.mark.parametrize("names", [("a", "b", "c"), ("classes-a", "classes-b", "classes-c")])
def test_fitted_weights_are_cross_fitted_over_the_folds(
    project: Project, names: tuple[str, ...]
) -> None:
    members = members_of(project, *names)
    loaded = load_tiny(project, members[0].scores.competition)
    blend = blend_by_nnls(members, loaded)
    folds, targets = members[0].oof.folds, loaded.train.targets
    assert folds is not None
    assert targets is not None
    values = np.stack([member.oof.values for member in members])
    fit = cross_fit(values, targets, folds, loaded.competition.task)
    assert blend.weights == pytest.approx(fit.weights.tolist())
    np.testing.assert_allclose(blend.fold_weights, fit.by_fold)
    # each row by the weights that were fitted without its fold
    for k in range(3):
        expected = np.einsum("m,mro->ro", fit.by_fold[k], values[:, folds == k])
        np.testing.assert_allclose(blend.oof.values[folds == k], expected)
    in_sample = np.einsum("m,mro->ro", fit.weights, values)
    np.testing.assert_allclose(blend.in_sample.values, in_sample)
    tests = np.stack([member.test.values for member in members])
    np.testing.assert_allclose(blend.test.values, np.einsum("m,mro->ro", fit.weights, tests))


def test_the_order_of_a_members_rows_does_not_matter(project: Project) -> None:
    loaded = load_tiny(project, "tiny-regression")
    members = members_of(project, "a", "b")
    mixed = [
        members[0],
        replace(members[1], oof=shuffled(members[1].oof), test=shuffled(members[1].test)),
    ]
    for first, second in (
        (blend_by(members, [0.5, 0.5]), blend_by(mixed, [0.5, 0.5])),
        (blend_by_nnls(members, loaded), blend_by_nnls(mixed, loaded)),
    ):
        assert first.oof.ids == second.oof.ids
        np.testing.assert_array_equal(first.oof.values, second.oof.values)
        np.testing.assert_array_equal(first.test.values, second.test.values)


def test_the_order_of_the_first_member_or_of_the_file_does_not_matter_either(
    project: Project,
) -> None:
    loaded = load_tiny(project, "tiny-regression")
    members = members_of(project, "a", "b")
    mixed = [replace(members[0], oof=shuffled(members[0].oof)), members[1]]
    first, second = blend_by_nnls(members, loaded), blend_by_nnls(mixed, loaded)
    assert first.weights == pytest.approx(second.weights)
    aligned = second.oof.aligned_to(first.oof.ids, "a")
    np.testing.assert_allclose(aligned.values, first.oof.values)


def test_weights_are_not_fitted_on_tables_without_folds(project: Project) -> None:
    members = [replace(m, oof=replace(m.oof, folds=None)) for m in members_of(project, "a", "b")]
    with pytest.raises(DataError, match="fitted on OOF tables with folds"):
        blend_by_nnls(members, load_tiny(project, "tiny-regression"))


@pytest.mark.parametrize("part", ["oof", "test"])
def test_members_with_missing_or_extra_ids_are_refused(project: Project, part: str) -> None:
    first, second = members_of(project, "a", "b")
    table: Predictions = getattr(second, part)
    changed: dict[str, Any] = {part: replace(table, ids=("stranger", *table.ids[1:]))}
    with pytest.raises(DataError) as caught:
        blend_by([first, replace(second, **changed)], [0.5, 0.5])
    assert caught.value.complaints == (
        f"1 ids of the first table have no prediction: {table.ids[0]}",
        "1 predicted ids are not in the first table: stranger",
    )


def test_members_of_other_folds_are_refused(project: Project) -> None:
    first, second = members_of(project, "a", "b")
    turned = replace(second.oof, folds=(np.asarray(second.oof.folds) + 1) % 3)
    with pytest.raises(DataError, match="folds differ: OOF predictions of different folds cannot"):
        blend_by([first, replace(second, oof=turned)], [0.5, 0.5])
