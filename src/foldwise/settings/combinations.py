"""Combinations of settings that make no sense, each with its reason.

A setting that nothing would read is refused when it differs from its default: it would silently do
nothing. So is a pair of settings that contradict each other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from foldwise.errors import listed
from foldwise.settings.contradictions import contradictions, without_learning_encoder
from foldwise.settings.experiment import Settings
from foldwise.settings.learners import (
    encoder_learns,
    layers_learn,
    learning_layers,
    pooling_learns,
)
from foldwise.settings.unread import unread_in_stages

REGRESSION_LOSSES = (
    "mse", "rmse", "smooth_l1", "huber", "bce", "gaussian", "kl", "ranking",
)  # fmt: skip
CLASSIFICATION_LOSSES = ("cross_entropy", "focal", "soft", "ordinal")
ORDERED_LOSSES = ("soft", "ordinal")  # they count classes that lie beside each other as near
# what TF-IDF reads, and:
NO_ENCODER = ("competition", "kind", "seed", "hardware", "tfidf", "tracking")
Task = Literal["regression", "classification"]
NO_ENCODER_TRAINING = ("training.rows", "training.folds")


@dataclass(frozen=True)
class Read:
    """Settings that are read only under a condition.

    Attributes:
        keys: the settings, by their dotted names.
        where: whether they are read.
        needs: the condition in words.
    """

    keys: tuple[str, ...]
    where: Callable[[Settings], bool]
    needs: str


def _pooled(*kinds: str) -> Callable[[Settings], bool]:
    return lambda s: s.pooling.kind in kinds or s.pooling.beside in kinds


def _loss(*kinds: str) -> Callable[[Settings], bool]:
    return lambda s: s.loss.kind in kinds


READ: tuple[Read, ...] = (
    Read(("pooling.hidden", "pooling.form"), _pooled("attention"), "the attention pooling"),
    Read(("pooling.k",), _pooled("top_k"), "the top_k pooling"),
    Read(("pooling.units",), _pooled("lstm", "gru"), "the lstm or gru pooling"),
    Read(("pooling.combine",), lambda s: s.pooling.layers > 1, "pooling.layers of 2 or more"),
    Read(("rates.pooling",), pooling_learns, "a pooling with parameters, such as attention"),
    Read(("head.activation",), lambda s: bool(s.head.hidden), "head.hidden, which makes an MLP"),
    Read(("head.dropout_samples",), lambda s: s.head.dropout > 0, "head.dropout above 0"),
    Read(("loss.delta",), _loss("smooth_l1", "huber"), 'loss.kind="smooth_l1" or "huber"'),
    Read(("loss.gamma",), _loss("focal"), 'loss.kind="focal"'),
    Read(("loss.softness",), _loss("soft"), 'loss.kind="soft"'),
    Read(
        ("loss.smoothing",),
        _loss("auto", "cross_entropy", "focal"),
        'loss.kind="cross_entropy" or "focal"',
    ),
    Read(
        ("regularization.adversarial_size", "regularization.adversarial_from"),
        lambda s: s.regularization.adversarial != "none",
        'regularization.adversarial="fgm" or "awp"',
    ),
    Read(("averaging.decay",), lambda s: s.averaging.kind == "ema", 'averaging.kind="ema"'),
    Read(
        ("averaging.start", "averaging.every"),
        lambda s: s.averaging.kind == "swa",
        'averaging.kind="swa"',
    ),
    Read(("training.epochs",), lambda s: not s.stages, "no [[stages]], which have their own"),
    Read(("training.patience",), lambda s: s.training.keep == "best", 'training.keep="best"'),
    Read(
        ("training.collapse_restarts",),
        lambda s: s.training.collapse_steps > 0,
        "training.collapse_steps above 0",
    ),
)


def without_effect(chosen: Settings) -> list[str]:
    """One complaint for each setting that nothing would read, and for each contradiction."""
    if chosen.kind == "tfidf":
        return _beside_tfidf(chosen)
    changed, before = chosen.flat(), _defaults(chosen)
    complaints = [
        f"{key}={changed[key]!r} would do nothing: it needs {read.needs}"
        for read in READ
        if not read.where(chosen)
        for key in read.keys
        if changed[key] != before[key]
    ]
    complaints += [
        f"{key}={value!r} would do nothing: it needs kind='tfidf'"
        for key, value in changed.items()
        if key.startswith("tfidf.") and value != before[key]
    ]
    return [*complaints, *unread_in_stages(chosen), *contradictions(chosen)]


def _defaults(chosen: Settings) -> dict[str, object]:
    return Settings(competition=chosen.competition).flat()


def _beside_tfidf(chosen: Settings) -> list[str]:
    before = _defaults(chosen)
    several = chosen.hardware.processes
    teams = [f"hardware.processes={several} would do nothing: it needs kind='encoder'"]
    return (teams if several > 1 else []) + [
        f"{key}={value!r} would do nothing: kind='tfidf' reads {', '.join(NO_ENCODER)}, "
        f"{' and '.join(NO_ENCODER_TRAINING)} only"
        for key, value in chosen.flat().items()
        if key.split(".")[0] not in NO_ENCODER
        and key not in NO_ENCODER_TRAINING
        and value != before.get(key)
    ]


def unfit_for(
    chosen: Settings,
    task: Task,
    classes: Sequence[str],
    *,
    has_target_sd: bool,
) -> list[str]:
    """One complaint for each setting that makes no sense in this competition.

    Args:
        chosen: an experiment's settings.
        task: of the competition.
        classes: its labels in their order; () in a regression.
        has_target_sd: whether its rows say how far raters disagreed.
    """
    if chosen.kind == "tfidf":
        return []
    return [
        *_of_task(chosen, task),
        *(_of_few_classes(chosen, len(classes)) if task == "classification" else ()),
        *(() if has_target_sd else _of_noise(chosen)),
    ]


def unfit_for_layers(chosen: Settings, layers: int) -> list[str]:
    """One complaint for each setting that makes no sense with so few layers.

    Args:
        chosen: an experiment's settings.
        layers: the encoder's layer groups "layer 0" .. "layer n-1"; in ALBERT, whose layers share
            their weights, 1.
    """
    frozen, random = chosen.encoder.frozen, chosen.encoder.reinitialise
    kept = frozen if isinstance(frozen, int) else 0
    wanted = {"encoder.frozen": kept, "encoder.reinitialise": random}
    wanted |= {
        f"stages.{i}.train": stage.train
        for i, stage in enumerate(chosen.stages)
        if isinstance(stage.train, int)
    }
    shared = " (those that share their weights count as one)" if layers == 1 else ""
    complaints = [
        f"{key}={count} is more than the {layers} layers of the encoder{shared}: lower it"
        for key, count in wanted.items()
        if count > layers
    ]
    complaints += [
        f"{key}={count} and encoder.frozen={kept} are more than the encoder's {layers} layers: a "
        f"layer cannot both stay as it is and change; lower one of them"
        for key, count in wanted.items()
        if key != "encoder.frozen" and max(count, kept) <= layers < count + kept
    ]
    return complaints or list(_of_learning_layers(chosen, layers))


def _of_learning_layers(chosen: Settings, layers: int) -> Iterator[str]:
    """What only the number of layers tells: which of them the rates leave at 0."""
    learning = learning_layers(chosen, layers)
    yield from without_learning_encoder(chosen, layers_learn=bool(learning))
    random = range(layers - chosen.encoder.reinitialise, layers)
    if learning and (never := [i for i in random if i not in learning]):
        yield (
            f"encoder.reinitialise={len(random)} fills layer {listed(never)} of the encoder's "
            f"{layers} with random weights, and no stage trains it: lower it, or let it learn"
        )


def _of_task(chosen: Settings, task: Task) -> Iterator[str]:
    kind = chosen.loss.kind
    fitting = REGRESSION_LOSSES if task == "regression" else CLASSIFICATION_LOSSES
    if kind not in ("auto", *fitting):
        yield f"loss.kind={kind!r} is not for a {task}: choose one of {', '.join(fitting)}"
    if task == "regression" and chosen.loss.smoothing:
        yield "loss.smoothing smooths labels, and a regression has none: leave it 0"
    if task == "regression" and chosen.head.kind == "ordinal":
        yield "head.kind='ordinal' is for ordered classes, not for a regression"
    if chosen.regularization.r_drop and not _has_dropout(chosen, task):
        yield (
            "regularization.r_drop compares two passes that differ by dropout alone, and there is "
            "none where something learns: set head.dropout above 0, or encoder.dropout in an "
            "encoder that learns"
        )


def _of_few_classes(chosen: Settings, classes: int) -> Iterator[str]:
    ordered = [f"loss.kind={chosen.loss.kind!r}"] if chosen.loss.kind in ORDERED_LOSSES else []
    ordered += ["head.kind='ordinal'"] if chosen.head.kind == "ordinal" else []
    for setting in ordered if classes < 3 else ():
        yield (
            f"{setting} needs three ordered classes at least, and here are {classes}: with two it "
            f"is what the default is"
        )


def _of_noise(chosen: Settings) -> Iterator[str]:
    noisy = ["loss.kind='kl'"] if chosen.loss.kind == "kl" else []
    noisy += ["loss.weights='target_sd'"] if chosen.loss.weights == "target_sd" else []
    for setting in noisy:
        yield (
            f"{setting} needs the raters' noise: name its column as target_sd in competition.toml, "
            f"or choose another"
        )


def _has_dropout(chosen: Settings, task: Task) -> bool:
    """Whether two passes may differ; of "auto", only the encoder itself tells what it drops."""
    dropout = chosen.encoder.dropout
    in_encoder = task == "classification" if dropout == "auto" else dropout > 0
    return (
        chosen.head.dropout > 0
        or (in_encoder and encoder_learns(chosen))
        or (chosen.encoder.layer_drop > 0 and layers_learn(chosen))
    )
