import re

import pytest
import torch

from foldwise.modeling.head import Head
from tests.modeling.tiny_models import native_kernels


def test_weights_start_small_and_the_bias_at_zero() -> None:
    torch.manual_seed(0)
    head = Head(1000, 20, 0.0)
    assert head.linear.weight.detach().std().item() == pytest.approx(0.02, rel=0.05)
    assert (head.linear.bias == 0).all()


def test_outputs_start_near_the_bias_given() -> None:
    head = Head(4, 3, 0.0)
    head.initialise_bias([-0.5, 0.0, 2.0])
    torch.testing.assert_close(head(torch.zeros(1, 4))[0], torch.tensor([-0.5, 0.0, 2.0]))


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan")], [1.0, 2.0, 3.0]])
def test_a_bias_that_does_not_fit_is_refused(values: list[float]) -> None:
    message = re.escape(f"the head's bias must be 2 finite numbers, got {values}")
    with pytest.raises(ValueError, match=message):
        Head(4, 2, 0.0).initialise_bias(values)


def test_outputs_are_float32_under_autocast() -> None:
    head = Head(4, 1, 0.0)
    vectors = torch.randn(2, 4)
    expected = head(vectors)
    with native_kernels(), torch.autocast("cpu", torch.bfloat16):
        outputs = head(vectors)
    assert outputs.dtype == torch.float32
    torch.testing.assert_close(outputs, expected, rtol=0, atol=0)


def test_dropout_works_in_training_only() -> None:
    head = Head(64, 1, 0.5)
    vectors = torch.ones(1, 64)
    assert len({head.train()(vectors).item() for _ in range(5)}) > 1
    assert len({head.eval()(vectors).item() for _ in range(5)}) == 1
