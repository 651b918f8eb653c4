"""Settings of what is minimised, and of what keeps the model from learning the rows by heart."""

from typing import Annotated, Literal

from pydantic import Field

from foldwise.settings.section import Count, Positive, Section, Share, Weight

LossKind = Literal[
    "auto", "mse", "rmse", "smooth_l1", "huber", "bce", "gaussian", "kl", "ranking",
    "cross_entropy", "focal", "soft", "ordinal",
]  # fmt: skip


class Loss(Section):
    """What training minimises."""

    kind: LossKind = "auto"  # auto: mse in a regression, cross_entropy in a classification
    delta: Positive = 1.0  # smooth_l1, huber: errors beyond it count linearly
    gamma: Weight = 2.0  # focal: how much sure rows count less
    softness: Positive = 0.5  # soft: spread of a label over its neighbours, in classes
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0  # cross_entropy, focal: label smoothing
    weights: Literal["none", "target_sd"] = (
        "none"  # target_sd: rows that raters agree on count more
    )


class Regularization(Section):
    """What keeps the model near its start, and its outputs smooth."""

    mixout: Annotated[float, Field(ge=0, lt=1)] = 0.0  # share of weights a step takes as pretrained
    pretrained_decay: Weight = 0.0  # decay towards the pretrained weights, of the encoder's
    # matrices, instead of optimizer.weight_decay, which the pooling and the head keep
    r_drop: Weight = 0.0  # weight of the difference between two passes with other dropout
    adversarial: Literal["none", "fgm", "awp"] = "none"  # fgm: embeddings; awp: all matrices
    # of the step, as a share of the weights' norm; auto: 0.005 of the embeddings, 0.0002 of all
    adversarial_size: Positive | Literal["auto"] = "auto"
    adversarial_from: Share = 0.0  # share of all steps before it begins


class Averaging(Section):
    """Averages of the weights over steps: these are evaluated, kept and predict."""

    kind: Literal["none", "ema", "swa"] = "none"
    decay: Annotated[float, Field(gt=0, lt=1)] = 0.995  # ema: what a step leaves of the average
    start: Share = 0.5  # swa: share of all steps before it begins
    every: Count = 10  # swa: steps between two that are averaged
