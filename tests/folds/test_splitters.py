import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from foldwise.folds.criteria import Criterion
from foldwise.folds.splitters import deal, split_by_criteria, split_evenly, split_stratified
from foldwise.folds.units import Units


def single_units(count: int) -> Units:
    order = np.random.default_rng(1).permutation(count)
    return Units(order, np.ones(count, dtype=np.int64))


def units_of_sizes(sizes: NDArray[np.int64]) -> Units:
    return Units(np.repeat(np.arange(len(sizes)), sizes), sizes)


def criterion(codes: NDArray[np.int64], name: str = "y") -> Criterion:
    classes = tuple(str(code) for code in range(int(codes.max()) + 1))
    return Criterion(name, codes, classes, categories=True)


def table_of(codes: NDArray[np.int64], folds: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """(folds, classes) rows."""
    table = np.zeros((n, int(codes.max()) + 1), dtype=np.int64)
    np.add.at(table, (folds, codes), 1)
    return table


def deviation(table: NDArray[np.int64]) -> float:
    """The mean relative deviation of a class's rows in a fold from its equal part."""
    expected = table.sum(axis=0) / len(table)
    return float((np.abs(table - expected) / expected).mean())


@pytest.mark.parametrize(("rows", "n"), [(10, 5), (11, 5), (14, 5), (7, 7)])
def test_single_rows_make_folds_that_differ_by_one_row(rows: int, n: int) -> None:
    sizes = np.bincount(split_evenly(single_units(rows), n), minlength=n)
    assert sizes.sum() == rows
    assert sizes.max() - sizes.min() <= 1


def test_every_class_is_spread_as_evenly_as_by_scikit_learn() -> None:
    codes = np.random.default_rng(0).choice(5, size=1000, p=[0.05, 0.17, 0.51, 0.21, 0.06])
    units = single_units(1000)
    folds = split_stratified(units, criterion(codes), 5)[units.of_row]
    reference = np.zeros(1000, dtype=np.int64)
    splits = StratifiedKFold(5, shuffle=True, random_state=0).split(codes, codes)
    for number, (_, validation) in enumerate(splits):
        reference[validation] = number
    ours, theirs = (np.sort(table_of(codes, f, 5), axis=0) for f in (folds, reference))
    np.testing.assert_array_equal(ours, theirs)


def test_groups_fill_folds_as_evenly_as_by_scikit_learn() -> None:
    sizes = np.random.default_rng(0).geometric(0.05, size=200)
    units = units_of_sizes(sizes)
    ours = np.bincount(split_evenly(units, 5), weights=sizes)
    splits = GroupKFold(5).split(units.of_row, groups=units.of_row)
    theirs = [len(validation) for _, validation in splits]
    assert ours.max() - ours.min() <= max(theirs) - min(theirs)


@pytest.mark.parametrize("seed", range(5))
def test_groups_share_classes_better_than_by_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.geometric(0.1, size=300)
    units = units_of_sizes(sizes)
    # groups have opinions: the classes of a group's rows are alike
    leaning = rng.dirichlet([0.5, 0.5, 0.5], size=300)
    codes = np.array([rng.choice(3, p=leaning[unit]) for unit in units.of_row])
    folds = split_stratified(units, criterion(codes), 5)[units.of_row]
    reference = np.zeros(len(codes), dtype=np.int64)
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    for number, (_, validation) in enumerate(splitter.split(codes, codes, units.of_row)):
        reference[validation] = number
    ours, theirs = (deviation(table_of(codes, f, 5)) for f in (folds, reference))
    assert ours <= theirs + 0.01


def test_several_criteria_are_balanced_at_once() -> None:
    rng = np.random.default_rng(0)
    codes, others = rng.integers(0, 6, size=600), rng.integers(0, 4, size=600)
    units = single_units(600)
    criteria = [criterion(codes), criterion(others, "length")]
    folds = split_by_criteria(units, criteria, 5, seed=42)[units.of_row]
    for values in (codes, others):
        table = table_of(values, folds, 5)
        assert (table.max(axis=0) - table.min(axis=0)).max() <= 2
    # balancing one alone leaves the other to chance
    alone = split_stratified(units, criteria[0], 5)[units.of_row]
    assert deviation(table_of(others, folds, 5)) < deviation(table_of(others, alone, 5)) / 2


def test_several_criteria_of_groups_are_balanced_at_once() -> None:
    rng = np.random.default_rng(0)
    units = units_of_sizes(rng.geometric(0.2, size=400))
    rows = len(units.of_row)
    codes, others = rng.integers(0, 4, size=rows), rng.integers(0, 3, size=rows)
    criteria = [criterion(codes), criterion(others, "length")]
    folds = split_by_criteria(units, criteria, 5, seed=42)[units.of_row]
    for values in (codes, others):
        assert deviation(table_of(values, folds, 5)) < 0.01


def test_splitters_of_scikit_learn_have_nothing_to_warn_of() -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        folds = split_stratified(single_units(10), criterion(np.repeat([0, 1], 5)), 5)
    assert not warned
    assert np.bincount(folds).tolist() == [2] * 5


@given(
    hnp.arrays(
        np.int64, st.tuples(st.integers(5, 30), st.integers(1, 4)), elements=st.integers(0, 9)
    ),
    st.integers(2, 5),
)
def test_dealing_fills_every_fold_and_no_fold_by_more_than_the_largest_unit(
    parts: NDArray[np.int64], n: int
) -> None:
    parts[:, 0] += 1  # no unit is empty
    sizes = parts.sum(axis=1)
    only_sizes = deal(sizes[:, None], n)
    loads = np.bincount(only_sizes, weights=sizes, minlength=n)
    # the greedy rule: the fullest fold was the emptiest before it got its last unit
    assert loads.min() > 0
    assert loads.max() - loads.min() <= sizes.max()
    by_class = deal(np.concatenate([sizes[:, None], parts], axis=1), n)
    assert set(by_class.tolist()) == set(range(n))


def test_dealing_huge_counts_does_not_overflow() -> None:
    counts = np.full((10, 3), 100_000_000, dtype=np.int64)
    folds = deal(counts, 5)
    assert np.bincount(folds).tolist() == [2] * 5
