"""Intervals cover what they say, whether rows or seeds make the noise."""

import numpy as np
import pytest
from numpy.typing import NDArray

from foldwise.comparing.paired import interval
from foldwise.comparing.uncertainty import uncertainty

Floats = NDArray[np.float64]
DRAWS = 200  # rows of a simulated comparison
TIMES = 800  # comparisons; they know a share of 95 % to within 0.8 %


def simulated(
    rng: np.random.Generator, seeds: int, shared: float, own: float, between: float
) -> tuple[Floats, Floats]:
    """Differences (seeds,) around a true one of 0, and the rows' influences on them.

    Args:
        rng: of this comparison.
        seeds: how many.
        shared: standard error by the rows, in the same way for all seeds.
        own: standard error by the rows, in another way for each seed.
        between: standard deviation of what a seed does to all rows.
    """
    effects = shared * rng.normal(size=DRAWS) + own * rng.normal(size=(seeds, DRAWS))
    influences = effects * np.sqrt(DRAWS)
    differences = influences.mean(axis=1) + between * rng.normal(size=seeds)
    return differences, influences - influences.mean(axis=1, keepdims=True)


def coverage(seeds: int, shared: float, own: float, between: float) -> tuple[float, float]:
    """How often the 95 % interval holds the truth: with all parts, and of the rows alone."""
    rng = np.random.default_rng(7)
    hits = np.zeros(2)
    for _ in range(TIMES):
        differences, influences = simulated(rng, seeds, shared, own, between)
        known = uncertainty(differences, influences)
        assert known is not None
        for i, error in enumerate((known.standard_error, known.of_rows)):
            degrees = known.degrees if i == 0 else DRAWS - 1
            low, high = interval(float(differences.mean()), error, degrees)
            hits[i] += low <= 0 <= high
    return float(hits[0] / TIMES), float(hits[1] / TIMES)


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize(
    ("shared", "own", "between"),
    [(1.0, 0.5, 0.0), (1.0, 1.0, 0.0), (0.3, 1.0, 0.0), (1.0, 0.5, 0.5), (1.0, 1.0, 1.0)],
)
def test_intervals_cover_what_they_say(
    seeds: int, shared: float, own: float, between: float
) -> None:
    # Neither too little, nor what counting the rows of each seed twice would give (98 to 99 %).
    assert 0.93 <= coverage(seeds, shared, own, between)[0] <= 0.98


def test_the_rows_alone_cover_too_little_where_seeds_matter() -> None:
    with_seeds, rows_alone = coverage(5, 0.5, 0.5, 2.0)
    assert with_seeds > 0.92
    assert rows_alone < 0.75


def test_few_seeds_that_matter_more_than_rows_cover_less_than_they_say() -> None:
    # A limit that the module's docstring tells; the rows alone would cover 60 %.
    assert 0.84 <= coverage(3, 0.5, 0.5, 2.0)[0] <= 0.93


def test_one_seed_has_the_standard_error_of_its_rows() -> None:
    influences = np.array([[1.0, -1.0, 3.0, -3.0]])
    known = uncertainty(np.array([0.5]), influences)
    assert known is not None
    assert known.standard_error == pytest.approx(influences[0].std(ddof=1) / 2)
    assert (known.of_seeds, known.degrees) == (None, 3.0)


def test_the_same_seed_twice_adds_nothing() -> None:
    rng = np.random.default_rng(1)
    differences, influences = simulated(rng, 1, 1.0, 1.0, 1.0)
    once = uncertainty(differences, influences)
    twice = uncertainty(np.repeat(differences, 2), np.repeat(influences, 2, axis=0))
    assert once is not None
    assert twice is not None
    assert twice.standard_error == once.standard_error
    assert (twice.of_seeds, twice.degrees) == (0.0, once.degrees)


def test_copies_of_rows_in_one_group_tell_no_more_than_one_of_them() -> None:
    rng = np.random.default_rng(2)
    differences, influences = simulated(rng, 3, 1.0, 1.0, 1.0)
    groups = [f"g{i // 3}" for i in range(3 * DRAWS)]
    single = uncertainty(differences, influences)
    copied = uncertainty(differences, np.repeat(influences, 3, axis=1), groups)
    assert single is not None
    assert copied is not None
    assert copied == pytest.approx(single)


@pytest.mark.parametrize("influences", [np.array([[0.0]]), np.array([[np.nan, 1.0]])])
def test_rows_that_tell_nothing_have_no_uncertainty(influences: Floats) -> None:
    assert uncertainty(np.array([0.5]), influences) is None
