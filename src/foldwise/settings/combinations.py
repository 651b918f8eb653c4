"""Combinations of settings that make no sense, each with its reason.

A setting that nothing would read is refused when it differs from its default: it would silently do
nothing. So is a pair of settings that contradict each other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from foldwise.settings.experiment import Settings
from foldwise.settings.learning import Rates, Schedule

REGRESSION_LOSSES = (
    "mse", "rmse", "smooth_l1", "huber", "bce", "gaussian", "kl", "ranking",
)  # fmt: skip
CLASSIFICATION_LOSSES = ("cross_entropy", "focal", "soft", "ordinal")
ORDERED_LOSSES = ("soft", "ordinal")  # they count classes that lie beside each other as near
NO_ENCODER = ("competition", "kind", "seed", "hardware", "tfidf")  # what TF-IDF reads, and:
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
    complaints += _contradictions(chosen)
    for i, stage in enumerate(chosen.all_stages()):
        where = f"stages.{i}." if chosen.stages else ""
        complaints += _of_rates(stage.rates, f"{where}rates")
        complaints += _of_schedule(stage.schedule, f"{where}schedule")
    return complaints


def _defaults(chosen: Settings) -> dict[str, object]:
    return Settings(competition=chosen.competition).flat()


def _beside_tfidf(chosen: Settings) -> list[str]:
    before = _defaults(chosen)
    return [
        f"{key}={value!r} would do nothing: kind='tfidf' reads {', '.join(NO_ENCODER)}, "
        f"{' and '.join(NO_ENCODER_TRAINING)} only"
        for key, value in chosen.flat().items()
        if key.split(".")[0] not in NO_ENCODER
        and key not in NO_ENCODER_TRAINING
        and value != before.get(key)
    ]


def _contradictions(chosen: Settings) -> Iterator[str]:
    pooling, head, training = chosen.pooling, chosen.head, chosen.training
    if pooling.beside == pooling.kind:
        yield f"pooling.beside={pooling.beside!r} is pooling.kind already: choose another, or none"
    if head.norm == "batch" and training.batch_size < 2:
        yield "head.norm='batch' needs two texts to compare: raise training.batch_size"
    if training.patience and chosen.stages:
        yield (
            "training.patience ends the whole training, also its later stages: leave it 0 with "
            "[[stages]]"
        )
    if training.patience and chosen.averaging.kind == "swa":
        yield (
            "training.patience may end training before averaging.kind='swa' begins: choose one "
            "of them"
        )
    if chosen.encoder.frozen == "all" and chosen.stages:
        yield "encoder.frozen='all' leaves the [[stages]] nothing to unfreeze: leave one of them out"
    if chosen.encoder.frozen == "all" and (
        chosen.encoder.reinitialise or chosen.encoder.layer_drop
    ):
        yield (
            "encoder.frozen='all' keeps the pretrained weights as they are: leave "
            "encoder.reinitialise and encoder.layer_drop 0"
        )
    if chosen.encoder.frozen == "all" and (
        chosen.regularization.mixout or chosen.regularization.pretrained_decay
    ):
        yield (
            "encoder.frozen='all' keeps the pretrained weights as they are: leave "
            "regularization.mixout and regularization.pretrained_decay 0"
        )
    if chosen.regularization.adversarial == "fgm" and chosen.encoder.frozen != "none":
        yield (
            "regularization.adversarial='fgm' moves the embeddings, which encoder.frozen="
            f"{chosen.encoder.frozen!r} leaves without gradients: choose 'awp'"
        )


def _of_rates(rates: Rates, where: str) -> Iterator[str]:
    plain = Rates()
    read = {
        "decay": ("decay", "slice"),
        "span": ("linear",),
        "every": ("linear",),
        "bands": ("bands",),
    }
    for key, shapes in read.items():
        if rates.shape not in shapes and getattr(rates, key) != getattr(plain, key):
            yield (
                f"{where}.{key}={getattr(rates, key)!r} would do nothing: it needs "
                f"{where}.shape={' or '.join(map(repr, shapes))}"
            )
    if rates.shape == "slice":
        for key in ("head", "embeddings", "pooling"):
            if getattr(rates, key) != getattr(plain, key):
                yield (
                    f"{where}.{key}={getattr(rates, key)!r} would do nothing: "
                    f"{where}.shape='slice' runs over all layer groups, from {where}.top at the "
                    f"head to the embeddings; use {where}.groups for exceptions"
                )


def _of_schedule(schedule: Schedule, where: str) -> Iterator[str]:
    plain = Schedule()
    read = {
        "power": ("polynomial",),
        "start": ("one_cycle", "slanted"),
        "beta1_at_peak": ("one_cycle",),
        "restarts": ("linear", "cosine", "polynomial"),
        "end": ("linear", "cosine", "polynomial", "one_cycle"),
    }
    for key, kinds in read.items():
        if schedule.kind not in kinds and getattr(schedule, key) != getattr(plain, key):
            yield (
                f"{where}.{key}={getattr(schedule, key)!r} would do nothing: it needs "
                f"{where}.kind={' or '.join(map(repr, kinds))}"
            )
    if schedule.warmup_steps and schedule.warmup != plain.warmup:
        yield (
            f"{where}.warmup_steps={schedule.warmup_steps} and {where}.warmup={schedule.warmup} "
            f"both say how long the warm-up is: give one of them"
        )


def unfit_for(
    chosen: Settings,
    task: Literal["regression", "classification"],
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
    kind, complaints = chosen.loss.kind, []
    fitting = REGRESSION_LOSSES if task == "regression" else CLASSIFICATION_LOSSES
    if kind not in ("auto", *fitting):
        complaints.append(
            f"loss.kind={kind!r} is not for a {task}: choose one of {', '.join(fitting)}"
        )
    if task == "regression" and chosen.loss.smoothing:
        complaints.append("loss.smoothing smooths labels, and a regression has none: leave it 0")
    if task == "regression" and chosen.head.kind == "ordinal":
        complaints.append("head.kind='ordinal' is for ordered classes, not for a regression")
    if task == "classification" and len(classes) < 3:
        ordered = [f"loss.kind={kind!r}"] if kind in ORDERED_LOSSES else []
        ordered += ["head.kind='ordinal'"] if chosen.head.kind == "ordinal" else []
        complaints += [
            f"{setting} needs three ordered classes at least, and here are {len(classes)}: with "
            f"two it is what the default is"
            for setting in ordered
        ]
    noisy = [f"loss.kind={kind!r}"] if kind == "kl" else []
    noisy += ["loss.weights='target_sd'"] if chosen.loss.weights == "target_sd" else []
    if chosen.regularization.r_drop and not _has_dropout(chosen, task):
        complaints.append(
            "regularization.r_drop compares two passes that differ by dropout alone, and there is "
            "none: set head.dropout or encoder.dropout above 0"
        )
    if not has_target_sd:
        complaints += [
            f"{setting} needs the raters' noise: name its column as target_sd in "
            f"competition.toml, or choose another"
            for setting in noisy
        ]
    return complaints


def _has_dropout(chosen: Settings, task: Literal["regression", "classification"]) -> bool:
    dropout = chosen.encoder.dropout
    in_encoder = task == "classification" if dropout == "auto" else dropout > 0
    return in_encoder or chosen.head.dropout > 0 or chosen.encoder.layer_drop > 0
