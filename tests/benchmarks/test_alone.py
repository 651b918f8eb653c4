"""Whether mixed-up predictions are noticed."""

import numpy as np
import pytest
from speed.alone import checked_rows, largest_difference


def test_predictions_of_their_own_rows_are_off_by_rounding() -> None:
    values = np.random.default_rng(0).normal(size=100)
    alone = values[checked_rows(100)]
    assert largest_difference(values + 1e-6, alone) == pytest.approx(1e-6 / alone.std())


def test_predictions_of_other_rows_are_refused() -> None:
    values = np.random.default_rng(0).normal(size=100)
    with pytest.raises(ValueError, match="of other rows"):
        largest_difference(np.roll(values, 1), values[checked_rows(100)])


def test_outputs_that_are_all_alike_prove_nothing() -> None:
    with pytest.raises(ValueError, match="all predicted as 1"):
        largest_difference(np.ones(100), np.ones(16))


def test_nan_is_not_near_anything() -> None:
    values = np.random.default_rng(0).normal(size=20)
    with pytest.raises(ValueError, match="off by nan"):
        largest_difference(np.full(20, np.nan), values[checked_rows(20)])
