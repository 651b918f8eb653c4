"""Adversarial steps: the batch is learned a second time where the weights make it hardest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from foldwise import settings
from foldwise.modeling.layer_groups import is_matrix
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
        # those of a layer that this step skipped have no gradient
        before = {w: w.detach().clone() for w in self.weights if w.grad is not None}
        try:
            self._climb()
            yield
        finally:
            with torch.no_grad():
                for weight, value in before.items():
                    weight.copy_(value)

    @torch.no_grad()
    def _climb(self) -> None:
        for weight in self.weights:
            if weight.grad is not None:
                length = weight.grad.norm()
                scale = self.size * weight.norm() / torch.where(length > 0, length, 1.0)
                weight.add_(weight.grad * scale)


def adversary_of(model: TextModel, chosen: settings.Regularization, steps: int) -> Adversary | None:
    """The adversary that the settings ask for; None if they ask for none, or it has no weights now.

    FGM moves the token embeddings: Miyato et al. (2017), https://arxiv.org/abs/1605.07725
    AWP moves every matrix that learns: Wu et al. (2020), https://arxiv.org/abs/2004.05884

    Args:
        model: parameters that do not learn now are left alone.
        chosen: which, how far, from when on.
        steps: of the whole training.
    """
    if chosen.adversarial == "none":
        return None
    named = model.named_parameters()
    matrices = [p for name, p in named if p.requires_grad and is_matrix(name, p)]
    if chosen.adversarial == "fgm":
        embeddings = model.encoder.token_embeddings()
        matrices = [weight for weight in matrices if weight is embeddings]
    if not matrices:  # a stage that freezes the embeddings has nothing for FGM
        return None
    begins = min(steps, 1 + round(chosen.adversarial_from * steps))
    return Adversary(tuple(matrices), _size(chosen), begins)


def _size(chosen: settings.Regularization) -> float:
    if chosen.adversarial_size != "auto":
        return chosen.adversarial_size
    # of every matrix at once 0.005 ruined MiniLM, 0.001 harmed it (benchmarks/craft.md)
    return 0.005 if chosen.adversarial == "fgm" else 0.0002
