"""The head: from one vector a text to the raw outputs."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from foldwise import settings
from foldwise.errors import UsageError
from foldwise.modeling.layer_groups import LayerGroup
from foldwise.modeling.ordinal import Cuts

WEIGHT_SD = 0.02  # as in BERT: outputs start near the bias. https://arxiv.org/abs/1810.04805
WIDEST_SUM = 2.0  # sd times the root of the width: flattened texts have 100,000s of values

ACTIVATIONS: dict[str, type[nn.Module]] = {"gelu": nn.GELU, "relu": nn.ReLU, "tanh": nn.Tanh}


class Head(nn.Module):
    """A norm, hidden layers, dropout and a last linear layer, always in float32.

    In bf16 an output of 1.03 could only be 1.0234 or 1.0312: too coarse for a regression.

    Attributes:
        outputs: how many raw outputs it gives.
        norm: of the vectors; None: none.
        hidden: the layers before the last one; empty in a linear head.
        linear: the last layer.
        cuts: of an ordinal head, whose last layer gives one score; None in other heads.
    """

    def __init__(self, width: int, outputs: int, chosen: settings.Head) -> None:
        super().__init__()
        self.outputs = outputs
        self.norm = _norm(chosen.norm, width)
        widths = (width, *chosen.hidden)
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.activation = ACTIVATIONS[chosen.activation]()
        self.dropout = nn.Dropout(chosen.dropout)
        self.samples = chosen.dropout_samples
        self.cuts = Cuts(outputs) if chosen.kind == "ordinal" else None
        # the cuts stand for the bias of a score
        self.linear = nn.Linear(widths[-1], 1 if self.cuts else outputs, bias=self.cuts is None)
        nn.init.normal_(self.linear.weight, std=min(WEIGHT_SD, WIDEST_SUM * widths[-1] ** -0.5))
        if self.cuts is None:
            nn.init.zeros_(self.linear.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """The raw outputs of `vectors` (texts, width): (texts, outputs) float32.

        Log-probabilities of the classes from an ordinal head.

        Raises:
            UsageError: a batch norm is to train on a single text.
        """
        self._check_batch(len(vectors))
        with torch.autocast(vectors.device.type, enabled=False):
            vectors = vectors.float()
            if self.norm is not None:
                vectors = self.norm(vectors)
            for layer in self.hidden:
                vectors = self.activation(layer(vectors))
            outputs: Tensor = self.linear(self._dropped(vectors))
            return outputs if self.cuts is None else self.cuts(outputs)

    def layer_groups(self) -> list[LayerGroup]:
        """The layer group "head" of a linear head; "head 0" .. "head n", layer by layer, of an MLP.

        The norm is in the first, the cuts of an ordinal head are in the last.
        """
        count = len(self.hidden)
        groups: list[dict[str, nn.Parameter]] = [{} for _ in range(count + 1)]
        for name, parameter in self.named_parameters():
            groups[self._place(name)][name] = parameter
        names = [f"head {i}" for i in range(count + 1)] if count else ["head"]
        return [LayerGroup(name, named) for name, named in zip(names, groups, strict=True)]

    def _place(self, name: str) -> int:
        """The number of the layer that the parameter called `name` learns with."""
        part, _, rest = name.partition(".")
        if part == "hidden":
            return int(rest.partition(".")[0])
        return 0 if part == "norm" else len(self.hidden)

    @torch.no_grad()
    def start_from(self, values: Tensor) -> None:
        """Start from `values`, (outputs,): means, or logarithms of the classes' shares.

        Raises:
            ValueError: there is not one value an output, or one is not finite.
        """
        if values.shape != (self.outputs,) or not values.isfinite().all():
            raise ValueError(
                f"the head's outputs must start from {self.outputs} finite numbers, "
                f"got {values.tolist()}"
            )
        if self.cuts is not None:
            self.cuts.start_from(torch.softmax(values.double(), dim=0))
        else:
            self.linear.bias.copy_(values)

    def _dropped(self, vectors: Tensor) -> Tensor:
        """The last layer's input after dropout; in training the mean over so many dropouts.

        https://arxiv.org/abs/1905.09788. The last layer is linear: its output for the mean of
        several inputs is the mean of its outputs, for one matrix product.
        """
        if self.samples == 1 or not self.training:
            dropped: Tensor = self.dropout(vectors)
            return dropped
        return torch.stack([self.dropout(vectors) for _ in range(self.samples)]).mean(dim=0)

    def _check_batch(self, texts: int) -> None:
        if self.training and isinstance(self.norm, nn.BatchNorm1d) and texts < 2:
            raise UsageError(
                f"head.norm='batch' compares the texts of a micro-batch, and here is one of "
                f"{texts}; raise training.micro_batch_tokens or training.batch_size, so that no "
                f"text is left over, or choose head.norm='layer'"
            )


def _norm(kind: str, width: int) -> nn.Module | None:
    """The norm of the vectors; "instance" is of each vector on its own, and learns nothing."""
    if kind == "batch":
        return nn.BatchNorm1d(width)
    if kind == "layer":
        return nn.LayerNorm(width)
    return nn.LayerNorm(width, elementwise_affine=False) if kind == "instance" else None
