"""Adversarial steps: the batch is learned a second time where the weights make it hardest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from foldwise import settings
from foldwise.modeling.model import TextModel


@dataclass(frozen=True, eq=False)
class Adversary:
    """Moves weights uphill along their gradient, and back again.

    Attributes:
        weights: the matrices it moves.
        size: of the move, as a share of each matrix's norm.
        begins: the first step, from 1, at which it does.
    """

    weights: tuple[nn.Parameter, ...]
    size: float
    begins: int

    @contextmanager
    def uphill(self) -> Iterator[None]:
        """While open, each weight is `size` times its norm further up the gradient it has now."""
        before = []
        with torch.no_grad():
            for weight in self.weights:
                if weight.grad is None:  # of a layer that this step skipped
                    continue
                before.append((weight, weight.detach().clone()))
                length = weight.grad.norm()
                scale = self.size * weight.norm() / torch.where(length > 0, length, 1.0)
                weight.add_(weight.grad * scale)
        yield
        with torch.no_grad():
            for weight, value in before:
                weight.copy_(value)


def adversary_of(model: TextModel, chosen: settings.Regularization, steps: int) -> Adversary | None:
    """The adversary that the settings ask for; None if they ask for none.

    FGM moves the token embeddings: Miyato et al. (2017), https://arxiv.org/abs/1605.07725
    AWP moves every matrix that learns: Wu et al. (2020), https://arxiv.org/abs/2004.05884

    Args:
        model: parameters that do not learn now are left alone.
        chosen: which, how far, from when on.
        steps: of the whole training.
    """
    if chosen.adversarial == "none":
        return None
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    if chosen.adversarial == "fgm":
        embeddings = model.encoder.token_embeddings()
        matrices = [weight for weight in matrices if weight is embeddings]
    begins = 1 + round(chosen.adversarial_from * steps)
    return Adversary(tuple(matrices), chosen.adversarial_size, begins)
