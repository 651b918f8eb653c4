import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd import backward
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from foldwise.training.losses.labels import Labels
from foldwise.training.losses.regression import (
    LOWEST_LOG_VARIANCE,
    divergence,
    gaussian,
    huber,
    ranking,
    root_of_squared,
    scaled_cross_entropy,
    smooth_l1,
    squared,
)

TEXTS, TARGETS = 6, 2
OUTPUTS = torch.randn(TEXTS, TARGETS, generator=torch.Generator().manual_seed(0)) * 2
VALUES = torch.randn(TEXTS, TARGETS, generator=torch.Generator().manual_seed(1))
SD = torch.tensor([0.0, 0.5, 0.1, 0.9, 0.5, 0.3])
LABELS = Labels(VALUES, SD)
LOW, HIGH = torch.tensor([-1.0, -0.5]), torch.tensor([1.0, 0.5])


def as_numpy(tensor: Tensor) -> NDArray[np.float64]:
    return tensor.double().numpy()


def close(ours: Tensor, expected: object) -> None:
    reference = torch.as_tensor(np.asarray(expected)).float()
    torch.testing.assert_close(ours, reference, rtol=1e-5, atol=1e-6)


def test_squared_errors_are_averaged_over_the_targets() -> None:
    close(squared(OUTPUTS, LABELS), ((as_numpy(OUTPUTS) - as_numpy(VALUES)) ** 2).mean(axis=1))


@pytest.mark.parametrize("delta", [0.3, 1.0, 2.5])
def test_smooth_l1_and_huber_are_quadratic_within_delta_and_linear_beyond(delta: float) -> None:
    error = np.abs(as_numpy(OUTPUTS) - as_numpy(VALUES))
    inside = 0.5 * error**2
    outside = delta * (error - 0.5 * delta)
    expected = np.where(error < delta, inside, outside).mean(axis=1)
    close(huber(OUTPUTS, LABELS, delta), expected)
    close(smooth_l1(OUTPUTS, LABELS, delta), expected / delta)


def test_scaled_cross_entropy_is_that_of_the_share_of_the_way_from_low_to_high() -> None:
    predicted = 1 / (1 + np.exp(-as_numpy(OUTPUTS)))
    share = (as_numpy(VALUES) - as_numpy(LOW)) / (as_numpy(HIGH) - as_numpy(LOW))
    assert share.min() < 0  # so a target beyond the range is there
    share = share.clip(0, 1)
    each = -(share * np.log(predicted) + (1 - share) * np.log(1 - predicted))
    close(scaled_cross_entropy(OUTPUTS, LABELS, LOW, HIGH), each.mean(axis=1))


def test_gaussian_is_the_density_with_the_raters_noise_added() -> None:
    mean, log_variance = OUTPUTS[:, :1], OUTPUTS[:, 1:]
    variance = as_numpy(log_variance.exp()) + as_numpy(SD)[:, None] ** 2
    labels = Labels(VALUES[:, :1], SD)
    constant = 0.5 * math.log(2 * math.pi)
    spread = Normal(mean.double(), torch.from_numpy(np.sqrt(variance)))
    expected = -torch.as_tensor(spread.log_prob(labels.values.double())) - constant
    close(gaussian(OUTPUTS, labels), expected[:, 0])


def test_gaussian_without_noise_is_torch_s() -> None:
    outputs = torch.cat([OUTPUTS, VALUES - 1], dim=1)
    variance = (VALUES - 1).exp()
    expected = functional.gaussian_nll_loss(OUTPUTS, VALUES, variance, reduction="none")
    close(gaussian(outputs, Labels(VALUES)), expected.mean(dim=1))


def test_divergence_is_kullback_and_leibler_s_but_for_the_raters_entropy() -> None:
    outputs = torch.cat([OUTPUTS, VALUES - 1], dim=1).double()
    noise = SD.double()[:, None] + 0.1
    raters = Normal(VALUES.double(), noise.expand(-1, TARGETS))
    predicted = Normal(outputs[:, :TARGETS], torch.exp(outputs[:, TARGETS:] / 2))
    expected = (kl_divergence(raters, predicted) + noise.log()).mean(dim=1)
    close(divergence(outputs.float(), Labels(VALUES, SD + 0.1)), expected)


def test_divergence_is_finite_where_all_raters_agree_and_needs_their_noise() -> None:
    outputs = torch.zeros(1, 2)
    close(divergence(outputs, Labels(torch.zeros(1, 1), torch.zeros(1))), [-0.5])
    with pytest.raises(ValueError, match=r"loss\.kind='kl' needs the raters' noise"):
        divergence(outputs, Labels(torch.zeros(1, 1)))


def test_a_variance_behind_the_bound_finds_its_way_back() -> None:
    outputs = torch.tensor([[1.0, 2 * LOWEST_LOG_VARIANCE]], requires_grad=True)
    at_bound = torch.tensor([[1.0, LOWEST_LOG_VARIANCE]], requires_grad=True)
    labels = Labels(torch.zeros(1, 1))
    for raw in (outputs, at_bound):
        backward(gaussian(raw, labels).sum())
    assert outputs.grad is not None
    assert at_bound.grad is not None
    assert outputs.grad[0, 1] < 0  # a step against it raises the variance
    assert torch.equal(outputs.grad, at_bound.grad)


def test_the_root_is_that_of_each_target_s_mean_square() -> None:
    errors = as_numpy(OUTPUTS) - as_numpy(VALUES)
    close(root_of_squared(OUTPUTS, LABELS), np.sqrt((errors**2).mean(axis=0)).mean())
    weights = np.array([0.5, 1.5, 1.0, 1.0, 0.2, 1.8])
    weighted = Labels(VALUES, None, torch.from_numpy(weights).float())
    expected = np.sqrt((weights[:, None] * errors**2).mean(axis=0)).mean()
    close(root_of_squared(OUTPUTS, weighted), expected)


def plain_ranking(x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64]) -> float:
    """One target."""
    pairs: list[float] = []
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            wanted = 1 / (1 + math.exp(y[j] - y[i]))
            got = 1 / (1 + math.exp(x[j] - x[i]))
            loss = -wanted * math.log(got) - (1 - wanted) * math.log(1 - got)
            pairs.append(float(w[i] * w[j]) * loss)
    return sum(pairs) / max(1, len(pairs)) + float((w * (x - y)).mean()) ** 2


@pytest.mark.parametrize("texts", [1, 2, TEXTS])
def test_ranking_compares_each_pair_of_texts_and_the_means(texts: int) -> None:
    weights = np.array([0.5, 1.5, 1.0, 1.0, 0.2, 1.8])[:texts]
    labels = Labels(VALUES[:texts], None, torch.from_numpy(weights).float())
    expected = [
        plain_ranking(as_numpy(OUTPUTS[:texts, k]), as_numpy(VALUES[:texts, k]), weights)
        for k in range(TARGETS)
    ]
    close(ranking(OUTPUTS[:texts], labels), np.mean(expected))


def test_ranking_is_least_where_the_outputs_are_the_targets() -> None:
    outputs = nn.Parameter(torch.zeros(TEXTS, TARGETS))
    optimizer = torch.optim.LBFGS([outputs], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = ranking(outputs, LABELS)
        backward(loss)
        return loss

    for _ in range(5):
        optimizer.step(closure)
    torch.testing.assert_close(outputs.detach(), VALUES, rtol=0, atol=0.02)


BOUNDED = {
    "squared": squared,
    "smooth_l1": lambda x, y: smooth_l1(x, y, 1e-3),
    "huber": lambda x, y: huber(x, y, 1e-3),
    "scaled_cross_entropy": lambda x, y: scaled_cross_entropy(x, y, LOW[:1], HIGH[:1]),
    "gaussian": gaussian,
    "divergence": divergence,
    "root_of_squared": root_of_squared,
    "ranking": ranking,
}
FAR = [-1e4, -1.0, 0.0, 1e4]


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("sd", [0.0, 1e-4, 1e4])
def test_losses_and_gradients_are_finite_far_away_and_at_the_target(name: str, sd: float) -> None:
    function: Callable[[Tensor, Labels], Tensor] = BOUNDED[name]
    raw = 2 if name in ("gaussian", "divergence") else 1
    grid = torch.cartesian_prod(*[torch.tensor(FAR)] * (raw + 1))
    outputs = grid[:, :raw].clone().requires_grad_()
    labels = Labels(grid[:, raw:], torch.full((len(grid),), sd))
    loss = function(outputs, labels)
    backward(loss.sum())
    assert torch.isfinite(loss).all()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()


def test_a_batch_that_is_right_has_no_gradient_of_its_root() -> None:
    outputs = VALUES.clone().requires_grad_()
    backward(root_of_squared(outputs, LABELS))
    assert outputs.grad is not None
    assert torch.equal(outputs.grad, torch.zeros_like(outputs))
