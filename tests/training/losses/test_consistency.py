import pytest
import torch
from torch import Tensor
from torch.autograd import backward
from torch.distributions import Categorical, kl_divergence

from foldwise.training.losses import consistency

RANDOM = torch.Generator().manual_seed(0)
FIRST, SECOND = (torch.randn(6, 3, generator=RANDOM) * 3 for _ in range(2))


class Doubled:
    """Values are twice the raw outputs, the last of which is none."""

    def predictions(self, raw: Tensor) -> Tensor:
        return 2 * raw[:, :2].double()


def test_classes_are_compared_by_both_divergences() -> None:
    one, other = Categorical(logits=FIRST), Categorical(logits=SECOND)
    expected = 0.5 * (kl_divergence(one, other) + kl_divergence(other, one))
    torch.testing.assert_close(consistency("classification", FIRST, SECOND, Doubled()), expected)


def test_values_are_compared_by_their_squared_difference() -> None:
    expected = (2 * (FIRST - SECOND)[:, :2]).square().mean(dim=1)
    ours = consistency("regression", FIRST, SECOND, Doubled())
    assert ours.dtype == torch.float32
    torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_equal_passes_are_consistent_and_the_order_does_not_matter(task: str) -> None:
    def ours(first: Tensor, second: Tensor) -> Tensor:
        return consistency(task, first, second, Doubled())  # type: ignore[arg-type]  # a parameter

    assert ours(FIRST, FIRST).tolist() == [0.0] * 6
    assert torch.equal(ours(FIRST, SECOND), ours(SECOND, FIRST))
    assert (ours(FIRST, SECOND) > 0).all()


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_the_gradient_is_finite_however_far_the_passes_are_apart(task: str) -> None:
    ends = torch.tensor([-1e4, 0.0, 1e4])
    grid = torch.cartesian_prod(*[ends] * 6)
    first, second = (half.clone().requires_grad_() for half in (grid[:, :3], grid[:, 3:]))
    loss = consistency(task, first, second, Doubled())  # type: ignore[arg-type]  # a parameter
    backward(loss.sum())
    assert torch.isfinite(loss).all()
    for raw in (first, second):
        assert raw.grad is not None
        assert torch.isfinite(raw.grad).all()
