"""The model: encoder, pooling and head, from tokens to outputs."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from foldwise import settings
from foldwise.competition.competition import Task
from foldwise.errors import UsageError
from foldwise.modeling.dropout import dropout_fields
from foldwise.modeling.encoder import Encoder
from foldwise.modeling.head import Head
from foldwise.modeling.layer_drop import drop_layers
from foldwise.modeling.layer_groups import LayerGroup, check_groups
from foldwise.modeling.link import Link
from foldwise.modeling.loading import Attention, build_encoder, load_encoder
from foldwise.modeling.packing import Places
from foldwise.modeling.pooling import ClsPosition, StatesPooling, build_pooling
from foldwise.modeling.recomputing import recompute_layers
from foldwise.modeling.reinitialising import reinitialise_top

States = tuple[Tensor, ...]


class TextModel(nn.Module):
    """An encoder, a pooling over the states of its last layers, a head, and what its outputs mean.

    Attributes:
        link: makes predictions of the raw outputs.
    """

    def __init__(self, encoder: Encoder, pooling: StatesPooling, head: Head, link: Link) -> None:
        super().__init__()
        encoder.check_layers(pooling.layers)
        if head.outputs != link.raw_outputs:
            raise ValueError(
                f"the head must give {link.raw_outputs} raw outputs, it gives {head.outputs}"
            )
        self.encoder = encoder
        self.pooling = pooling
        self.head = head
        self.link = link

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        places: Places | None = None,
    ) -> Tensor:
        """The raw outputs of a batch, (texts, raw outputs) float32: see `predictions`.

        Args:
            input_ids: (texts, tokens) int64.
            attention_mask: (texts, tokens), true or 1 at tokens, false or 0 at padding.
            token_type_ids: (texts, tokens) int64 segments, for the families that have them.
            places: what the mask says, known to the processor: see `Encoder.forward`.
        """
        states = self.states(input_ids, attention_mask, token_type_ids, places)
        return self.outputs_of(states, attention_mask)

    def states(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
        places: Places | None = None,
    ) -> States:
        """The encoder's part: the states of the last layers, each (texts, tokens, width).

        They can be used again as long as the encoder does not change.
        """
        states: States = self.encoder(
            input_ids, attention_mask, token_type_ids, self.pooling.layers, places=places
        )
        return states

    def outputs_of(self, states: Sequence[Tensor], attention_mask: Tensor) -> Tensor:
        """The part of pooling and head: (texts, raw outputs) float32 from `states`."""
        outputs: Tensor = self.head(self.pooling(states, attention_mask.bool()))
        return outputs

    def predictions(self, raw: Tensor) -> Tensor:
        """What raw outputs predict, (texts, outputs) float64: values, or classes' probabilities."""
        return self.link.predictions(raw)

    def hidden(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """The tokens' vectors that are pooled, (texts, tokens, width): for reports."""
        return self.pooling.hidden(self.states(input_ids, attention_mask, token_type_ids))

    def token_weights(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Tensor:
        """How much the pooling counts each token, (texts, tokens) float32: for reports.

        Raises:
            UsageError: the pooling is no weighted sum over the tokens.
        """
        states = self.states(input_ids, attention_mask, token_type_ids)
        return self.pooling.weights(states, attention_mask.bool())

    def layer_groups(self) -> list[LayerGroup]:
        """All parameters, each once, from the bottom up: encoder, pooling (if it has any), head."""
        pooling = LayerGroup("pooling", dict(self.pooling.named_parameters()))
        return [
            *(group.inside("encoder") for group in self.encoder.layer_groups()),
            *([pooling.inside("pooling")] if pooling.named else []),
            *(group.inside("head") for group in self.head.layer_groups()),
        ]

    def start_from(self, targets: Tensor) -> None:
        """Start near what the training rows are on average, which saves training steps.

        The means of a regression's targets, the shares of the classes in a classification.

        Args:
            targets: (rows, targets) of the training rows; the class's number in a classification.

        Raises:
            DataError: a target is the same in all rows, where the loss needs its spread.
        """
        self.head.start_from(self.link.start_from(targets))


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

    Pooling, head and re-initialised layers start from random weights: seed torch first.

    Args:
        folder: the encoder's, with config.json and, if `pretrained`, safetensors weights.
        chosen: the experiment; its sections encoder, pooling, head, loss and regularization matter
            here.
        outputs: targets of a regression, or classes.
        task: decides what `encoder.dropout = "auto"` is.
        pretrained: False: random weights, to be filled with `load_model_weights`.
        cls_position: where the encoder's tokenizer puts the classifier's token.

    Raises:
        UsageError: the encoder cannot be read, or lacks what the settings ask for.
    """
    make = load_encoder if pretrained else build_encoder
    encoder = make(folder, _encoder_dropout(chosen.encoder, task), _attention(chosen))
    encoder.check_layers(chosen.pooling.layers)
    if pretrained:
        reinitialise_top(encoder, chosen.encoder.reinitialise)
    drop_layers(encoder, chosen.encoder.layer_drop)
    if chosen.training.gradient_checkpointing:
        recompute_layers(encoder)
    pooling = build_pooling(
        chosen.pooling,
        encoder.width,
        max_length=chosen.encoder.max_length,
        cls_position=cls_position,
    )
    link = Link(chosen.loss.kind, task, outputs)
    head = Head(pooling.width, link.raw_outputs, chosen.head)
    model = TextModel(encoder, pooling, head, link).eval()
    check_groups(model, model.layer_groups())
    if pretrained and chosen.regularization.r_drop and not _drops_anything(model, chosen.encoder):
        raise UsageError(
            "regularization.r_drop compares two passes that differ by dropout alone, and the "
            f"encoder in {folder} has none of its own: set head.dropout or encoder.dropout above 0"
        )
    return model


def _drops_anything(model: TextModel, wanted: settings.Encoder) -> bool:
    """Whether two training passes of `model` may differ.

    A config counts besides modules: attention is dropped by a number, without a module.
    """
    config = model.encoder.backbone.config
    modules = any(m.p > 0 for m in model.modules() if isinstance(m, nn.Dropout))
    fields = any(getattr(config, name) > 0 for name in dropout_fields(config))
    return wanted.layer_drop > 0 or modules or fields


def _encoder_dropout(wanted: settings.Encoder, task: Task) -> float | None:
    """The share of dropout in the encoder; None: what its config says."""
    if wanted.dropout != "auto":
        return wanted.dropout
    # Dropout makes activations vary more in training than in prediction, and the values of a
    # regression inherit it, while the ranks of logits hardly do: https://arxiv.org/abs/1801.05134
    return 0.0 if task == "regression" else None


def _attention(chosen: settings.Settings) -> Attention | None:
    """How attention is computed; None: as the family does it fastest.

    On a CPU texts are packed, which saves padding and masks (benchmarks/speed-cpu.md). A GPU gets
    its work in many more pieces then; whether it is faster so has not been measured.
    """
    if chosen.encoder.attention != "auto":
        return chosen.encoder.attention
    return "packed if possible" if chosen.hardware.device == "cpu" else None
