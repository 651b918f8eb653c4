"""The pooling that the settings describe."""

from collections.abc import Callable

from torch import nn

from foldwise import settings
from foldwise.modeling.pooling.attention import AttentionPooling
from foldwise.modeling.pooling.extremes import MaxPooling, MinPooling, TopPooling
from foldwise.modeling.pooling.flat import FlatPooling
from foldwise.modeling.pooling.pooling import Pooling
from foldwise.modeling.pooling.power import PowerPooling
from foldwise.modeling.pooling.recurrent import RecurrentPooling
from foldwise.modeling.pooling.states import LayerMean, StatesPooling
from foldwise.modeling.pooling.tokens import ClsPosition, FirstTokenPooling, MeanPooling


def build_pooling(
    chosen: settings.Pooling,
    state_width: int,
    *,
    max_length: int,
    cls_position: ClsPosition = "first",
) -> StatesPooling:
    """The pooling that the settings describe, with random weights where it has any.

    Args:
        chosen: the section [pooling].
        state_width: of one layer's hidden states.
        max_length: tokens of the longest text, special ones included.
        cls_position: where the encoder's tokenizer puts the classifier's token.

    Raises:
        UsageError: flattened texts would be too long.
    """
    is_mean = chosen.combine == "weighted" and chosen.layers > 1
    combined = state_width if is_mean else state_width * chosen.layers
    width = chosen.bottleneck or combined

    def build(kind: settings.PoolingKind) -> Pooling:
        return _made(kind, chosen, width, max_length, cls_position)

    return StatesPooling(
        build(chosen.kind),
        None if chosen.beside == "none" else build(chosen.beside),
        layers=chosen.layers,
        layer_mean=LayerMean(chosen.layers) if is_mean else None,
        bottleneck=nn.Linear(combined, width) if chosen.bottleneck else None,
    )


def _made(
    kind: settings.PoolingKind,
    chosen: settings.Pooling,
    width: int,
    max_length: int,
    cls_position: ClsPosition,
) -> Pooling:
    made: dict[settings.PoolingKind, Callable[[], Pooling]] = {
        "mean": lambda: MeanPooling(width),
        "first": lambda: FirstTokenPooling(width, cls_position),
        "max": lambda: MaxPooling(width),
        "min": lambda: MinPooling(width),
        "top_k": lambda: TopPooling(width, chosen.k),
        "attention": lambda: AttentionPooling(width, chosen.hidden, chosen.form),
        "gem": lambda: PowerPooling(width),
        "lstm": lambda: RecurrentPooling(width, chosen.units, "lstm"),
        "gru": lambda: RecurrentPooling(width, chosen.units, "gru"),
        "flatten": lambda: FlatPooling(width, max_length),
    }
    return made[kind]()
