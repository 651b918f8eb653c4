"""Settings of the model: encoder, pooling, head."""

from typing import Annotated, Literal

from pydantic import Field

from foldwise.settings.section import Count, CountOrNone, Dropout, Section

PoolingKind = Literal[
    "mean", "first", "max", "min", "top_k", "attention", "gem", "lstm", "gru", "flatten"
]


class Encoder(Section):
    """The pretrained transformer."""

    name: str = "minilm-l6"  # a folder, an installed package, or a name on the hub
    max_length: Annotated[int, Field(ge=4, le=8192)] = 256  # tokens, special ones included
    dropout: Dropout | Literal["auto"] = "auto"  # auto: 0 in regression, else the encoder's own
    attention: Literal["auto", "sdpa", "eager", "packed"] = "auto"  # packed: without padding
    frozen: Literal["none", "embeddings", "all"] | Count = "none"  # n: embeddings, lowest n layers
    reinitialise: CountOrNone = 0  # top layers that start from random weights
    layer_drop: Dropout = 0.0  # chance that a step skips a layer


class Pooling(Section):
    """From the tokens' vectors to one vector a text."""

    kind: PoolingKind = "mean"
    beside: PoolingKind | Literal["none"] = "none"  # a second one, whose vector is put beside it
    layers: Annotated[int, Field(ge=1, le=64)] = 1  # the last n hidden layers
    combine: Literal["concatenate", "weighted"] = "concatenate"  # weighted: a learned mean of them
    bottleneck: CountOrNone = 0  # each token's vector is first projected to so many values; 0: not
    form: Literal["tanh", "gelu"] = "tanh"  # attention; gelu: with layer norm
    hidden: Count = 512  # attention: width of its hidden layer
    k: Count = 4  # top_k: the mean of so many largest values
    units: Count = 256  # lstm, gru: in each of the two directions


class Head(Section):
    """From the vector to the outputs."""

    kind: Literal["linear", "ordinal"] = "linear"  # ordinal: one value, cut into ordered classes
    hidden: tuple[Count, ...] = ()  # widths of layers before the last one, which make it an MLP
    activation: Literal["gelu", "relu", "tanh"] = "gelu"  # between the layers of an MLP
    norm: Literal["none", "layer", "batch", "instance"] = "none"  # of the vector, before the head
    dropout: Dropout = 0.0  # of the last layer's input
    dropout_samples: Count = 1  # outputs are the mean over so many dropouts
