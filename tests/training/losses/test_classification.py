import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd import backward
from torch.nn import functional

from foldwise.training.losses.classification import cross_entropy, focal, ordinal, soft
from foldwise.training.losses.labels import Labels

TEXTS, CLASSES = 7, 4
OUTPUTS = torch.randn(TEXTS, CLASSES, generator=torch.Generator().manual_seed(0)) * 2
CLASS = torch.tensor([0, 1, 2, 3, 3, 0, 1])
LABELS = Labels(CLASS[:, None].float())


def probabilities(outputs: Tensor) -> NDArray[np.float64]:
    powers = np.exp(outputs.double().numpy())
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def close(ours: Tensor, expected: object) -> None:
    reference = torch.as_tensor(np.asarray(expected)).float()
    torch.testing.assert_close(ours, reference, rtol=1e-5, atol=1e-6)


def test_cross_entropy_is_the_surprise_at_the_class() -> None:
    expected = [-math.log(p[k]) for p, k in zip(probabilities(OUTPUTS), CLASS, strict=True)]
    close(cross_entropy(OUTPUTS, LABELS, 0.0), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_smoothing_gives_a_share_of_each_label_to_all_classes(smoothing: float) -> None:
    logs = np.log(probabilities(OUTPUTS))
    wanted = np.eye(CLASSES)[CLASS.numpy()] * (1 - smoothing) + smoothing / CLASSES
    close(cross_entropy(OUTPUTS, LABELS, smoothing), -(wanted * logs).sum(axis=1))
    close(focal(OUTPUTS, LABELS, 0.0, smoothing), -(wanted * logs).sum(axis=1))


@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_focal_counts_a_class_less_the_surer_it_is(gamma: float) -> None:
    right = [p[k] for p, k in zip(probabilities(OUTPUTS), CLASS, strict=True)]
    expected = [-((1 - p) ** gamma) * math.log(p) for p in right]
    close(focal(OUTPUTS, LABELS, gamma, 0.0), expected)


@pytest.mark.parametrize("softness", [0.3, 1.0, 10.0])
def test_soft_labels_spread_over_the_neighbours(softness: float) -> None:
    expected = []
    for shares, label in zip(probabilities(OUTPUTS), CLASS.tolist(), strict=True):
        bell = [math.exp(-((k - label) ** 2) / (2 * softness**2)) for k in range(CLASSES)]
        wanted = [b / sum(bell) for b in bell]
        expected.append(-sum(q * math.log(p) for q, p in zip(wanted, shares, strict=True)))
    close(soft(OUTPUTS, LABELS, softness), expected)


@pytest.mark.parametrize("softness", [1e-3, 1e-30, 1e-300])
def test_labels_that_hardly_spread_are_hard(softness: float) -> None:
    close(soft(OUTPUTS, LABELS, softness), cross_entropy(OUTPUTS, LABELS, 0.0))


def test_ordinal_asks_of_each_class_whether_the_label_is_above() -> None:
    expected = []
    for shares, label in zip(probabilities(OUTPUTS), CLASS.tolist(), strict=True):
        answers = [(sum(shares[k + 1 :]), label > k) for k in range(CLASSES - 1)]
        expected.append(-np.mean([math.log(p if above else 1 - p) for p, above in answers]))
    close(ordinal(OUTPUTS, LABELS), expected)


def test_ordinal_of_two_classes_is_the_cross_entropy() -> None:
    labels = Labels(torch.tensor([[0.0], [1.0], [1.0]]))
    close(ordinal(OUTPUTS[:3, :2], labels), cross_entropy(OUTPUTS[:3, :2], labels, 0.0))


def test_ordinal_minds_how_far_off_a_class_is() -> None:
    sure_of = 8 * torch.eye(CLASSES)
    near_to_far = ordinal(sure_of, Labels(torch.zeros(CLASSES, 1)))
    assert near_to_far.tolist() == sorted(near_to_far.tolist())
    # where the cross-entropy finds all wrong classes equally wrong
    alike = functional.cross_entropy(sure_of, torch.zeros(CLASSES).long(), reduction="none")
    assert alike[1:].tolist() == pytest.approx([float(alike[1])] * (CLASSES - 1))


FUNCTIONS: dict[str, Callable[[Tensor, Labels], Tensor]] = {
    "cross_entropy": lambda x, y: cross_entropy(x, y, 0.0),
    "smoothed cross_entropy": lambda x, y: cross_entropy(x, y, 0.3),
    "focal": lambda x, y: focal(x, y, 2.0, 0.1),
    "focal of a small gamma": lambda x, y: focal(x, y, 0.1, 0.0),
    "focal of a large gamma": lambda x, y: focal(x, y, 50.0, 0.0),
    "soft": lambda x, y: soft(x, y, 0.5),
    "soft of a tiny softness": lambda x, y: soft(x, y, 1e-30),
    "ordinal": ordinal,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_losses_and_gradients_are_finite_however_sure_the_outputs_are(name: str) -> None:
    ends = torch.tensor([-1e4, 0.0, 1e4])
    grid = torch.cartesian_prod(ends, ends, ends, torch.tensor([0.0, 1.0, 2.0]))
    outputs = grid[:, :3].clone().requires_grad_()
    loss = FUNCTIONS[name](outputs, Labels(grid[:, 3:]))
    backward(loss.sum())
    assert torch.isfinite(loss).all()
    assert loss.min() >= 0
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_outputs_need_not_be_normalised(name: str) -> None:
    normalised = torch.log_softmax(OUTPUTS, dim=1)
    close(FUNCTIONS[name](OUTPUTS, LABELS), FUNCTIONS[name](normalised, LABELS))
