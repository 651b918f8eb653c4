import math

import pytest
import torch

from foldwise.modeling.pooling import MeanPooling, PowerPooling
from tests.modeling.pooling.padded_texts import WIDTH, texts


def power_pooling(power: float) -> PowerPooling:
    pooling = PowerPooling(WIDTH)
    with torch.no_grad():
        pooling.log_power.fill_(math.log(power))
    return pooling


def test_it_starts_with_the_third_power() -> None:
    assert PowerPooling(WIDTH).log_power.exp().item() == pytest.approx(3.0)


def test_the_first_power_of_positive_values_is_their_mean() -> None:
    hidden, mask = texts([5, 2])
    hidden = hidden.abs() + 0.1
    torch.testing.assert_close(power_pooling(1.0)(hidden, mask), MeanPooling(WIDTH)(hidden, mask))


@pytest.mark.parametrize("power", [0.01, 1000.0])
def test_extreme_powers_stay_between_the_smallest_and_the_largest(power: float) -> None:
    # x^1000 is 0 or infinite in float32, and a gradient of 0^(1/p) would be NaN.
    hidden, mask = texts([5, 2])
    hidden = (hidden.abs() + 0.1).requires_grad_(True)
    pooling = power_pooling(power)
    vectors = pooling(hidden, mask)
    vectors.sum().backward()
    for row, own in enumerate(mask):
        assert (vectors[row] <= hidden[row, own].amax(dim=0) * 1.0001).all()
        assert (vectors[row] >= hidden[row, own].amin(dim=0) * 0.9999).all()
    for grad in (hidden.grad, pooling.log_power.grad):
        assert grad is not None
        assert grad.isfinite().all()


def test_negative_values_count_as_nearly_zero() -> None:
    mask = torch.ones(1, 2, dtype=torch.bool)
    vectors = PowerPooling(WIDTH)(torch.full((1, 2, WIDTH), -5.0), mask)
    torch.testing.assert_close(vectors, torch.full((1, WIDTH), 1e-6))
