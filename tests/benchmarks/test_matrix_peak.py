"""The peak that utilisation is a share of."""

from collections.abc import Callable

import pytest
from speed import matrix_peak
from speed.flops import ModelShape
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

SHAPE = ModelShape(layers=2, width=16, matrices=((16, 16),) * 4 + ((64, 16), (16, 64)))
SPEED = 1e9  # operations a second of a made-up machine


def seconds_of_a_made_up_machine(product: Callable[[], Tensor], times: int, _device: str) -> float:
    with FlopCounterMode(display=False) as counter:
        product()
    return times * float(counter.get_total_flops()) / SPEED


@pytest.mark.parametrize("learns", [False, True])
def test_the_peak_of_a_machine_of_known_speed_is_its_speed(
    learns: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matrix_peak, "_seconds", seconds_of_a_made_up_machine)
    # torch counts the operations of each product that is timed: none is counted twice or forgotten
    assert matrix_peak.matrix_peak(SHAPE, 7, "fp32", "cpu", learns=learns) == pytest.approx(SPEED)


def test_products_of_a_training_are_those_of_a_linear_layer_and_its_backward() -> None:
    products = matrix_peak._products(7, 5, 3, matrix_peak.TYPES["fp32"], "cpu", learns=True)
    assert [tuple(product().shape) for product in products] == [(7, 5), (7, 3), (5, 3)]


def test_this_machine_has_a_plausible_peak() -> None:
    # from a machine so busy that a thousandth of a core is left, to the largest GPUs
    assert 1e5 < matrix_peak.matrix_peak(SHAPE, 128, "fp32", "cpu", learns=True) < 1e16
