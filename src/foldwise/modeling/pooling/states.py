"""From the hidden states of the encoder's last layers to one vector a text."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from foldwise.errors import UsageError
from foldwise.modeling.pooling.attention import AttentionPooling
from foldwise.modeling.pooling.pooling import Pooling, WeightedPooling


class LayerMean(nn.Module):
    """A weighted mean of layers' states, with learned weights; all equal at the start.

    https://arxiv.org/abs/1802.05365, equation 1, without the factor, which a head makes up for.
    """

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(layers))

    def forward(self, states: Sequence[Tensor]) -> Tensor:
        """The mean of `states`, each (texts, tokens, width): the same shape, float32."""
        shares = torch.softmax(self.scores.float(), dim=0)
        return torch.stack(
            [share * state.float() for share, state in zip(shares, states, strict=True)]
        ).sum(dim=0)


class StatesPooling(nn.Module):
    """Layers combined, tokens' vectors projected, then pooled by one pooling or two.

    Attributes:
        layers: how many of the encoder's last layers it reads.
        width: of the vector it gives.
        main: the pooling.
        beside: a second one, whose vector is put behind the first's; None: it is not.
    """

    def __init__(
        self,
        main: Pooling,
        beside: Pooling | None = None,
        *,
        layers: int = 1,
        layer_mean: LayerMean | None = None,
        bottleneck: nn.Linear | None = None,
    ) -> None:
        super().__init__()
        self.layers = layers
        self.layer_mean = layer_mean
        self.bottleneck = bottleneck
        self.main = main
        self.beside = beside
        self.width = main.width + (beside.width if beside else 0)

    def forward(self, states: Sequence[Tensor], mask: Tensor) -> Tensor:
        """One vector a text, (texts, width) float32; NaN for a text without any token.

        Args:
            states: one a layer, the last one last: (texts, tokens, width of a state) each.
            mask: (texts, tokens) bool, true at tokens.
        """
        hidden = self.hidden(states)
        vectors: Tensor = self.main(hidden, mask)
        if self.beside is not None:
            vectors = torch.cat([vectors, self.beside(hidden, mask)], dim=-1)
        return vectors.masked_fill(~mask.any(dim=1, keepdim=True), torch.nan)

    def hidden(self, states: Sequence[Tensor]) -> Tensor:
        """What is pooled, (texts, tokens, width of a token): layers combined, then projected."""
        if len(states) != self.layers:
            raise ValueError(f"the pooling reads {self.layers} layers' states, got {len(states)}")
        if self.layer_mean is not None:
            combined: Tensor = self.layer_mean(states)
        else:
            combined = torch.cat(tuple(states), dim=-1) if len(states) > 1 else states[0]
        return combined if self.bottleneck is None else torch.tanh(self.bottleneck(combined))

    def weights(self, states: Sequence[Tensor], mask: Tensor) -> Tensor:
        """How much each token counts in the pooling: (texts, tokens) float32.

        Of two poolings, in the one with attention, which has learned where to look, else the main.

        Raises:
            UsageError: it is no weighted sum over the tokens.
        """
        both = (self.main, self.beside)
        weighing = next((p for p in both if isinstance(p, AttentionPooling)), self.main)
        if not isinstance(weighing, WeightedPooling):
            raise UsageError(
                "tokens have weights where pooling.kind is 'mean', 'first' or 'attention', but "
                f"this model has a {type(self.main).__name__}; train a run with one of these"
            )
        return weighing.weights(self.hidden(states), mask)
