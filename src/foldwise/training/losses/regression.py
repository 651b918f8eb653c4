"""Losses of a regression; those that can be are computed text by text.

All take float32 outputs (texts, raw) and give (texts,), averaged over the targets, but for those of
a whole batch, which give a scalar. They are finite, with their gradients, wherever outputs and
targets are within ten thousand.
"""

import torch
from torch import Tensor
from torch.nn import functional

from foldwise.training.losses.labels import Labels

SMALLEST_SQUARE = 1e-30  # under a root: at exactly 0 its gradient would be infinite
# A variance below e^-20, a noise of 0.00005 in the target's unit, is taken for that: the gradient
# of a surprise then stays in the range of float32.
LOWEST_LOG_VARIANCE = -20.0


def squared(outputs: Tensor, labels: Labels) -> Tensor:
    """The squared errors of the texts, (texts,)."""
    return (outputs - labels.values).square().mean(dim=1)


def smooth_l1(outputs: Tensor, labels: Labels, delta: float) -> Tensor:
    """Absolute errors, rounded off below `delta`, (texts,). https://arxiv.org/abs/1504.08083."""
    losses = functional.smooth_l1_loss(outputs, labels.values, reduction="none", beta=delta)
    return losses.mean(dim=1)


def huber(outputs: Tensor, labels: Labels, delta: float) -> Tensor:
    """Half the squared errors, beyond `delta` linear, (texts,).

    https://doi.org/10.1214/aoms/1177703732
    """
    losses = functional.huber_loss(outputs, labels.values, reduction="none", delta=delta)
    return losses.mean(dim=1)


def scaled_cross_entropy(outputs: Tensor, labels: Labels, low: Tensor, high: Tensor) -> Tensor:
    """The binary cross-entropy of the targets as shares of the way from low to high, (texts,).

    Args:
        outputs: (texts, targets), whose sigmoid is the share that is predicted.
        labels: targets outside of the range count as its ends.
        low: (targets,) the target that is 0.
        high: (targets,) the target that is 1, above `low`.
    """
    shares = ((labels.values - low) / (high - low)).clamp(0, 1)
    losses = functional.binary_cross_entropy_with_logits(outputs, shares, reduction="none")
    return losses.mean(dim=1)


def gaussian(outputs: Tensor, labels: Labels) -> Tensor:
    """How surprising the targets are under a normal distribution of predicted variance, (texts,).

    The negative logarithm of its density, without the constant: the raters' variance, where it is
    known, is added to the predicted one. https://doi.org/10.1109/ICNN.1994.374138

    Args:
        outputs: (texts, 2 x targets), means and then logarithms of variances.
        labels: with the raters' noise, where it is known.
    """
    mean, log_variance = _mean_and_log_variance(outputs)
    if labels.sd is not None:
        # on the scale of logarithms, where e^10000 is a number; the logarithm of no noise is -inf
        noise = 2 * labels.sd.log()[:, None].expand_as(log_variance)
        log_variance = torch.logaddexp(log_variance, noise)
    error = (labels.values - mean).square()
    return 0.5 * (log_variance + error * torch.exp(-log_variance)).mean(dim=1)


def divergence(outputs: Tensor, labels: Labels) -> Tensor:
    """How far the predicted normal distributions are from the raters' ones, (texts,).

    KL(N(target, sd^2) || N(mean, variance)) plus log sd, which no prediction changes: so that it is
    finite where all raters agree. https://statproofbook.github.io/P/norm-kl

    Args:
        outputs: (texts, 2 x targets), means and then logarithms of variances.
        labels: with the raters' noise.
    """
    if labels.sd is None:
        raise ValueError("loss.kind='kl' needs the raters' noise, labels.sd")
    mean, log_variance = _mean_and_log_variance(outputs)
    spread = (labels.values - mean).square() + labels.sd.square()[:, None]
    return 0.5 * (log_variance + spread * torch.exp(-log_variance) - 1).mean(dim=1)


def _mean_and_log_variance(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """(texts, targets) each; the logarithms are bounded from below.

    Behind the bound the gradient goes on as at the bound, so that an output finds its way back.
    """
    mean, log_variance = outputs.chunk(2, dim=1)
    missing = (LOWEST_LOG_VARIANCE - log_variance).clamp_min(0).detach()
    return mean, log_variance + missing


def root_of_squared(outputs: Tensor, labels: Labels) -> Tensor:
    """The root of a batch's mean squared error, averaged over the targets: a scalar."""
    errors = (outputs - labels.values).square()
    if labels.weights is not None:
        errors = errors * labels.weights[:, None]
    return errors.mean(dim=0).clamp_min(SMALLEST_SQUARE).sqrt().mean()


def ranking(outputs: Tensor, labels: Labels) -> Tensor:
    """How wrongly a batch's texts are ordered, and how far off they are together: a scalar.

    Each pair is a binary classification, which text has the higher target, whose label is less
    sure the nearer the targets are: https://doi.org/10.1145/1102351.1102363. Pairs say nothing
    about the level of the outputs: that is the squared difference of the batch's means. A pair
    counts the product of its texts' weights.
    """
    weights = torch.ones_like(outputs[:, 0]) if labels.weights is None else labels.weights
    shift = ((outputs - labels.values) * weights[:, None]).mean(dim=0).square().mean()
    texts = len(outputs)
    first, second = torch.triu_indices(texts, texts, offset=1, device=outputs.device)
    if texts == 1:  # one text alone has an order already
        return shift
    higher = torch.sigmoid(labels.values[first] - labels.values[second])
    losses = functional.binary_cross_entropy_with_logits(
        outputs[first] - outputs[second], higher, reduction="none"
    )
    return (losses.mean(dim=1) * weights[first] * weights[second]).mean() + shift
