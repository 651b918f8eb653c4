import numpy as np
import pytest

from foldwise.reporting.calibration import share_error
from foldwise.reporting.classification import shares_by


def test_a_bin_in_which_all_rows_are_hits_is_not_certain() -> None:
    words = np.repeat([3.0, 8.0], 5)
    few, many = shares_by(words, np.array([1.0] * 5 + [1.0, 0.0, 1.0, 0.0, 1.0]))
    assert (few.mean, many.mean) == (1.0, 0.6)
    assert few.standard_error == pytest.approx(share_error(1.0, 5))
    assert few.standard_error > 0.1
    assert many.standard_error == pytest.approx(share_error(0.6, 5))
