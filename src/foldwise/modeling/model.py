"""The model: encoder, pooling and head, from tokens to outputs."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from foldwise import settings
from foldwise.competition.competition import Task
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.head import Head
from foldwise.modeling.layer_groups import LayerGroup, check_groups, freeze_groups
from foldwise.modeling.loading import Attention, build_encoder, load_encoder
from foldwise.modeling.pooling import (
    AttentionPooling,
    ClsPosition,
    FirstTokenPooling,
    MeanPooling,
    Pooling,
)


class TextModel(nn.Module):
    """An encoder, a pooling over the concatenated states of its last layers, and a head.

    Attributes:
        last_layers: how many layers' hidden states are concatenated.
        first: puts the classifier's token's vector beside the pooled one; None: it does not.
    """

    def __init__(
        self,
        encoder: Encoder,
        pooling: Pooling,
        head: Head,
        *,
        last_layers: int = 1,
        first: FirstTokenPooling | None = None,
    ) -> None:
        super().__init__()
        encoder.check_layers(last_layers)
        self.encoder = encoder
        self.pooling = pooling
        self.head = head
        self.last_layers = last_layers
        self.first = first

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """The outputs of a batch, (texts, outputs) float32: values, or logits of the classes.

        Args:
            input_ids: (texts, tokens) int64.
            attention_mask: (texts, tokens), true or 1 at tokens, false or 0 at padding.
            token_type_ids: (texts, tokens) int64 segments, for the families that have them.
        """
        hidden = self._hidden(input_ids, attention_mask, token_type_ids)
        mask = attention_mask.bool()
        vectors = self.pooling(hidden, mask)
        if self.first is not None:
            vectors = torch.cat([vectors, self.first(hidden, mask)], dim=-1)
        outputs: Tensor = self.head(vectors)
        return outputs

    def token_weights(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """How much the pooling counts each token, (texts, tokens) float32: for reports."""
        hidden = self._hidden(input_ids, attention_mask, token_type_ids)
        return self.pooling.weights(hidden, attention_mask.bool())

    def layer_groups(self) -> list[LayerGroup]:
        """All parameters, each once, from the bottom up: encoder, pooling (if it has any), head."""
        groups = [group.inside("encoder") for group in self.encoder.layer_groups()]
        for name in ("pooling", "head"):
            named = dict(self.get_submodule(name).named_parameters())
            if named:
                groups.append(LayerGroup(name, named).inside(name))
        return groups

    def freeze(self, names: Sequence[str]) -> None:
        """Stop layer groups from learning; frozen bottom groups are computed without a graph.

        Raises:
            UsageError: a name is that of no layer group; suggests the nearest.
        """
        freeze_groups(self.layer_groups(), names)

    def initialise_head_bias(self, values: Sequence[float]) -> None:
        """Start from constant outputs near `values`, one an output, which saves training steps.

        The means of the training targets in a regression, the logarithms of the training classes'
        shares in a classification.

        Raises:
            ValueError: there is not one value an output, or one is not finite.
        """
        self.head.initialise_bias(values)

    def _hidden(self, ids: Tensor, mask: Tensor, segments: Tensor | None) -> Tensor:
        """The last layers' states side by side: (texts, tokens, width x layers)."""
        states = self.encoder(ids, mask, segments, last_layers=self.last_layers)
        return torch.cat(states, dim=-1) if len(states) > 1 else states[0]


def check_partition(model: TextModel) -> None:
    """Check that the layer groups of `model` hold each of its parameters exactly once.

    Raises:
        ValueError: a parameter is in no group or in two; names every culprit.
    """
    check_groups(model, model.layer_groups())


def build_model(
    folder: Path,
    chosen: settings.Settings,
    outputs: int,
    task: Task,
    *,
    pretrained: bool = True,
    cls_position: ClsPosition = "first",
) -> TextModel:
    """The model that the settings describe, on the CPU, in float32.

    Pooling and head start from random weights: seed torch first.

    Args:
        folder: the encoder's, with config.json and, if `pretrained`, safetensors weights.
        chosen: the experiment; its sections encoder, pooling and head matter here.
        outputs: targets of a regression, or classes.
        task: decides what `encoder.dropout = "auto"` is.
        pretrained: False: random weights, to be filled with `load_model_weights`.
        cls_position: where the encoder's tokenizer puts the classifier's token.

    Raises:
        UsageError: the encoder cannot be read, or lacks what the settings ask for.
    """
    make = load_encoder if pretrained else build_encoder
    encoder = make(folder, _encoder_dropout(chosen.encoder, task), _attention(chosen.encoder))
    wanted = chosen.pooling
    encoder.check_layers(wanted.layers)
    width = encoder.width * wanted.layers
    pooling = _pooling(wanted, width, cls_position)
    first = FirstTokenPooling(cls_position) if wanted.beside == "first" else None
    head = Head(width * 2 if first else width, outputs, chosen.head.dropout)
    return TextModel(encoder, pooling, head, last_layers=wanted.layers, first=first).eval()


def _pooling(wanted: settings.Pooling, width: int, cls_position: ClsPosition) -> Pooling:
    if wanted.kind == "attention":
        return AttentionPooling(width, wanted.hidden)
    return MeanPooling() if wanted.kind == "mean" else FirstTokenPooling(cls_position)


def _encoder_dropout(wanted: settings.Encoder, task: Task) -> float | None:
    """The share of dropout in the encoder; None: what its config says."""
    if wanted.dropout != "auto":
        return wanted.dropout
    # Dropout makes activations vary more in training than in prediction, and the values of a
    # regression inherit it, while the ranks of logits hardly do: https://arxiv.org/abs/1801.05134
    return 0.0 if task == "regression" else None


def _attention(wanted: settings.Encoder) -> Attention | None:
    return None if wanted.attention == "auto" else wanted.attention
