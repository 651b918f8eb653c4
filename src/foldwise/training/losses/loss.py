"""The loss that an experiment asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from foldwise import settings
from foldwise.competition.competition import Task
from foldwise.settings.combinations import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from foldwise.training.losses import classification, regression
from foldwise.training.losses.labels import Labels

Function = Callable[[Tensor, Labels], Tensor]


class Range(Protocol):
    """What a loss has to know about the way from raw outputs to predictions.

    Attributes:
        low: (targets,) the lowest target of the training rows.
        high: (targets,) the highest one.
    """

    low: Tensor
    high: Tensor


@dataclass(frozen=True)
class Loss:
    """What training minimises.

    Attributes:
        function: of raw outputs (texts, raw) and the texts' labels.
        per_text: it gives (texts,), already weighted, so that a batch may be cut into
            micro-batches; False: a scalar of the whole batch, which may not.
    """

    function: Function
    per_text: bool


def training_loss(chosen: settings.Loss, task: Task, link: Range) -> Loss:
    """The loss that the settings ask for, in float32 whatever it is given.

    Args:
        chosen: its kind, and the numbers that belong to it.
        task: decides what "auto" is.
        link: the model's; it is asked at each step, so that it may be moved or filled later.

    Raises:
        ValueError: the kind is for another task.
    """
    kinds = REGRESSION_LOSSES if task == "regression" else CLASSIFICATION_LOSSES
    kind = chosen.kind
    if kind == "auto":
        kind = "mse" if task == "regression" else "cross_entropy"
    if kind not in kinds:
        raise ValueError(f"loss.kind={kind!r} is not for a {task}: choose one of {list(kinds)}")
    whole: dict[str, Function] = {
        "rmse": regression.root_of_squared,
        "ranking": regression.ranking,
    }
    if kind in whole:
        function = whole[kind]
        return Loss(lambda outputs, labels: function(outputs.float(), labels), per_text=False)
    each = _per_text(chosen, link)[kind]
    return Loss(lambda outputs, labels: labels.weighted(each(outputs.float(), labels)), True)


def _per_text(chosen: settings.Loss, link: Range) -> dict[str, Function]:
    """The losses that are computed text by text, by their names, before weights."""
    return {
        "mse": regression.squared,
        "smooth_l1": lambda x, y: regression.smooth_l1(x, y, chosen.delta),
        "huber": lambda x, y: regression.huber(x, y, chosen.delta),
        "bce": lambda x, y: regression.scaled_cross_entropy(x, y, link.low, link.high),
        "gaussian": regression.gaussian,
        "kl": regression.divergence,
        "cross_entropy": lambda x, y: classification.cross_entropy(x, y, chosen.smoothing),
        "focal": lambda x, y: classification.focal(x, y, chosen.gamma, chosen.smoothing),
        "soft": lambda x, y: classification.soft(x, y, chosen.softness),
        "ordinal": classification.ordinal,
    }
