import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foldwise.reporting.binned import Bin, binned, root_of

NUMBERS = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=60)


@given(NUMBERS)
def test_each_row_is_in_one_bin_and_equal_ones_are_together(by: list[float]) -> None:
    values = np.arange(len(by), dtype=np.float64)
    found = binned(np.array(by), values)
    assert sum(each.rows for each in found) == len(by)
    assert sum(each.rows * each.mean for each in found) == pytest.approx(values.sum())
    assert [each.at for each in found] == sorted(each.at for each in found)
    # rows that are equal share a bin: there are no more bins than different numbers
    assert len(found) <= min(10, len(set(by)))


def test_a_bin_is_its_rows_mean_with_the_error_of_a_mean() -> None:
    rng = np.random.default_rng(0)
    by, values = rng.normal(size=1000), rng.normal(2.0, 3.0, size=1000)
    first = binned(by, values)[0]
    mine = values[by <= np.quantile(by, 0.1)]
    assert first.rows == len(mine) == 100
    assert first.mean == pytest.approx(mine.mean())
    assert first.standard_error == pytest.approx(mine.std(ddof=1) / 10)
    assert binned(np.empty(0), np.empty(0)) == []


def test_the_error_of_a_root_is_that_of_the_delta_method() -> None:
    draws = np.sqrt(np.random.default_rng(1).normal(4.0, 0.1, size=200_000))
    found = root_of(Bin(1.0, 4.0, 0.1, 50))
    assert (found.mean, found.rows) == (2.0, 50)
    assert found.standard_error == pytest.approx(draws.std(), rel=0.02)
    assert root_of(Bin(1.0, 0.0, 0.0, 5)).standard_error == 0.0
