"""The pretrained weights, which fine-tuning is held near to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import AdamW

from foldwise import settings
from foldwise.modeling.layer_groups import is_matrix
from foldwise.modeling.model import TextModel


@dataclass(frozen=True, eq=False)
class Anchor:
    """The encoder's matrices as they were, and how fine-tuning is held near to them.

    Attributes:
        pretrained: the values by parameter, of those that learn.
        mixout: the share of each matrix that a step takes as pretrained.
        decay: weight decay towards the pretrained values.
    """

    pretrained: Mapping[nn.Parameter, Tensor]
    mixout: float
    decay: float

    @contextmanager
    def mixed(self) -> Iterator[None]:
        """While open, a random share of the weights is pretrained; what is left makes up for it.

        Gradients added meanwhile are those of the weights that are not. One draw a step, where the
        paper draws at each call of a layer. Lee et al. (2020), https://arxiv.org/abs/1909.11299
        """
        if not self.mixout:
            yield
            return
        own: dict[nn.Parameter, Tensor] = {}
        kept: dict[nn.Parameter, Tensor] = {}
        try:
            self._mix(own, kept)  # a full GPU may end it between two weights
            yield
        finally:
            with torch.no_grad():
                for weight, value in own.items():
                    weight.copy_(value)
                    if weight.grad is not None and weight in kept:
                        weight.grad *= kept[weight]

    @torch.no_grad()
    def _mix(self, own: dict[nn.Parameter, Tensor], kept: dict[nn.Parameter, Tensor]) -> None:
        """Mix each weight; its value before stands in `own`, what it keeps of it in `kept`."""
        for weight, start in self.pretrained.items():
            if not weight.requires_grad:  # frozen in this stage
                continue
            own[weight] = weight.detach().clone()
            share = torch.bernoulli(torch.full_like(weight, 1 - self.mixout))
            kept[weight] = share.div_(1 - self.mixout)  # the expected weight stays what it is
            weight.copy_(start + kept[weight] * (weight - start))

    @torch.no_grad()
    def pull(self, optimizer: AdamW) -> None:
        """Move the weights towards the pretrained ones, each at its own rate, as AdamW decays.

        https://arxiv.org/abs/1802.01483, in the decoupled form of https://arxiv.org/abs/1711.05101
        """
        if not self.decay:
            return
        for group in optimizer.param_groups:
            held = [weight for weight in group["params"] if weight in self.pretrained]
            for weight in held:
                weight.lerp_(self.pretrained[weight], min(1.0, group["lr"] * self.decay))


def anchor_of(model: TextModel, chosen: settings.Settings) -> Anchor | None:
    """The anchor that the settings ask for, of a model that has not been trained; None if none.

    Layers that were re-initialised have nothing to be held to.
    """
    wanted = chosen.regularization
    if not (wanted.mixout or wanted.pretrained_decay):
        return None
    groups = model.encoder.layer_groups()
    held = groups[: len(groups) - chosen.encoder.reinitialise]
    matrices = [p for group in held for name, p in group.named.items() if is_matrix(name, p)]
    start = {weight: weight.detach().clone() for weight in matrices if weight.requires_grad}
    return Anchor(start, wanted.mixout, wanted.pretrained_decay)
