"""Losses of a classification, text by text.

All take float32 outputs (texts, classes), which need not be normalised, and give (texts,). They are
finite, with their gradients, wherever outputs are within ten thousand.
"""

import torch
from torch import Tensor
from torch.nn import functional

from foldwise.training.losses.labels import Labels

LEAST_DOUBT = 1e-12  # of the right class, under a power: below 1 its gradient at 0 is infinite


def cross_entropy(outputs: Tensor, labels: Labels, smoothing: float) -> Tensor:
    """The cross-entropy of the classes, (texts,).

    With label smoothing each label gives the share `smoothing` of its certainty to all classes
    alike: https://arxiv.org/abs/1512.00567 section 7
    """
    return functional.cross_entropy(
        outputs, _classes(labels), reduction="none", label_smoothing=smoothing
    )


def focal(outputs: Tensor, labels: Labels, gamma: float, smoothing: float) -> Tensor:
    """The cross-entropy, in which a class predicted with p counts (1 - p)^gamma, (texts,).

    https://arxiv.org/abs/1708.02002
    """
    logs = torch.log_softmax(outputs, dim=1)
    classes = outputs.shape[1]
    wanted = functional.one_hot(_classes(labels), classes) * (1 - smoothing) + smoothing / classes
    doubts = (-torch.expm1(logs)).clamp_min(LEAST_DOUBT)
    return -(wanted * doubts.pow(gamma) * logs).sum(dim=1)


def soft(outputs: Tensor, labels: Labels, softness: float) -> Tensor:
    """The cross-entropy against labels that spread over neighbouring classes, (texts,).

    Class k gets a share like exp(-(k - label)^2 / (2 softness^2)).
    https://doi.org/10.1109/CVPR.2019.00487
    """
    places = torch.arange(outputs.shape[1], device=outputs.device, dtype=torch.float64)
    apart = (places - labels.values.double()) / softness  # in double: a tiny softness is no 0
    wanted = torch.softmax(-0.5 * apart.square(), dim=1).float()
    return -(wanted * torch.log_softmax(outputs, dim=1)).sum(dim=1)


def ordinal(outputs: Tensor, labels: Labels) -> Tensor:
    """The cross-entropy of "is it above class k?", averaged over all k but the last, (texts,).

    The questions of https://arxiv.org/abs/1901.07884, asked of the classes' probabilities: so that
    the answers never contradict each other, whatever head the outputs are from.
    """
    logs = torch.log_softmax(outputs, dim=1)
    classes = outputs.shape[1]
    above = torch.ones(classes - 1, classes, device=outputs.device).triu(1).bool()
    yes, no = _log_sums(logs, above), _log_sums(logs, ~above)
    wanted = labels.values > torch.arange(classes - 1, device=outputs.device)
    return -torch.where(wanted, yes, no).mean(dim=1)


def _log_sums(logs: Tensor, chosen: Tensor) -> Tensor:
    """The logarithms of sums of the chosen probabilities: (texts, classes) to (texts, sums).

    Args:
        logs: (texts, classes), logarithms.
        chosen: (sums, classes), one class at least in each.
    """
    return logs[:, None, :].masked_fill(~chosen, -torch.inf).logsumexp(dim=2)


def _classes(labels: Labels) -> Tensor:
    """(texts,) int64."""
    return labels.values[:, 0].long()
