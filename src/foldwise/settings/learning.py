"""Settings of what learns how fast, and when."""

from typing import Annotated, Literal

from pydantic import Field

from foldwise.settings.section import Count, CountOrNone, Positive, Rate, Section, Share

ScheduleKind = Literal["linear", "cosine", "polynomial", "constant", "one_cycle", "slanted"]


class Rates(Section):
    """Peak learning rates, layer group by layer group."""

    head: Rate = 1e-3  # pooling and head, which start from random weights
    top: Rate = 1e-4  # the last encoder layer; slice: the head
    shape: Literal["decay", "constant", "linear", "bands", "slice"] = "decay"
    decay: Annotated[float, Field(gt=0, le=1)] = 1.0  # decay, slice: share of the group above
    span: Annotated[float, Field(ge=1)] = 5.0  # linear: the top layer's multiple of layer 0's rate
    every: Count = 1  # linear: this many layers share a rate
    bands: tuple[Share, Share, Share] = (0.25, 0.5, 1.0)  # bands: of `top`, lower third first
    embeddings: Rate | Literal["auto"] = "auto"  # auto: follows the shape below layer 0; 0: frozen
    pooling: Rate | Literal["auto"] = "auto"  # auto: the head's
    groups: dict[str, Rate] = Field(  # by the name of a layer group, such as "head 0"; win over all
        default_factory=dict
    )


class Optimizer(Section):
    """AdamW. https://arxiv.org/abs/1711.05101."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.01  # never on biases and norms
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    epsilon: Positive = 1e-8
    bias_correction: bool = True  # False: BERT's own Adam
    max_norm: Positive = 1.0  # of the whole gradient; larger ones are scaled


class Schedule(Section):
    """One factor for all rates, step by step."""

    kind: ScheduleKind = "linear"
    warmup: Share = 0.1  # share of all steps
    warmup_steps: CountOrNone = 0  # so many steps instead of a share; 0: the share
    restarts: CountOrNone = 0  # times that the fall begins again from the top
    end: Share = 0.0  # the factor that a fall approaches
    power: Positive = 2.0  # polynomial
    start: Annotated[float, Field(gt=0, le=1)] = 0.04  # one_cycle, slanted: the first step's factor
    beta1_at_peak: Annotated[float, Field(ge=0, lt=1)] = 0.85  # one_cycle: beta1 falls to it


class Stage(Section):
    """A part of the training, with an optimizer of its own."""

    epochs: Positive
    train: Literal["all", "head"] | Count = "all"  # head: with the pooling; n: and the n top layers
    rates: Rates = Rates()  # what it leaves out is as in [rates]; its groups replace those
    schedule: Schedule = Schedule()  # what it leaves out is as in [schedule]
