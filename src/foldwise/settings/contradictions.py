"""Settings that contradict each other, or would leave nothing to learn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from foldwise.settings.experiment import Settings
from foldwise.settings.learning import Stage

LEARNING_POOLINGS = ("attention", "gem", "lstm", "gru")  # those with parameters of their own


@dataclass(frozen=True)
class Contradiction:
    """Settings that must not stand together.

    Attributes:
        stand: whether they do.
        reason: the settings, why not, and what to do; `{s}` is the experiment.
    """

    stand: Callable[[Settings], bool]
    reason: str


def _encoder_is_frozen(s: Settings) -> bool:
    return s.encoder.frozen == "all"


CONTRADICTIONS: tuple[Contradiction, ...] = (
    Contradiction(
        lambda s: s.pooling.beside == s.pooling.kind,
        "pooling.beside={s.pooling.beside!r} is pooling.kind already: choose another, or none",
    ),
    Contradiction(
        lambda s: s.head.norm == "batch" and s.training.batch_size < 2,
        "head.norm='batch' needs two texts to compare: raise training.batch_size",
    ),
    Contradiction(
        lambda s: bool(s.training.patience and s.stages),
        "training.patience ends the whole training, also its later stages: leave it 0 with "
        "[[stages]]",
    ),
    Contradiction(
        lambda s: bool(s.training.patience) and s.averaging.kind == "swa",
        "training.patience may end training before averaging.kind='swa' begins: choose one of them",
    ),
    Contradiction(
        lambda s: s.averaging.kind == "swa" and s.averaging.start == 1,
        "averaging.start=1 never begins to average: lower it, or leave averaging.kind out",
    ),
    Contradiction(
        lambda s: s.regularization.adversarial != "none" and s.regularization.adversarial_from == 1,
        "regularization.adversarial_from=1 never begins: lower it, or leave "
        "regularization.adversarial out",
    ),
    Contradiction(
        lambda s: _encoder_is_frozen(s) and bool(s.stages),
        "encoder.frozen='all' leaves the [[stages]] nothing to unfreeze: leave one of them out",
    ),
    Contradiction(
        lambda s: _encoder_is_frozen(s) and bool(s.encoder.reinitialise or s.encoder.layer_drop),
        "encoder.frozen='all' keeps the pretrained weights as they are: leave "
        "encoder.reinitialise and encoder.layer_drop 0",
    ),
    Contradiction(
        lambda s: (
            _encoder_is_frozen(s)
            and bool(s.regularization.mixout or s.regularization.pretrained_decay)
        ),
        "encoder.frozen='all' keeps the pretrained weights as they are: leave "
        "regularization.mixout and regularization.pretrained_decay 0",
    ),
    Contradiction(
        lambda s: s.encoder.frozen != "none" and any(map(_asks_for_embeddings, s.all_stages())),
        "rates.embeddings above 0 lets the embeddings learn, and encoder.frozen="
        "{s.encoder.frozen!r} keeps them as they are: leave one of them out",
    ),
    Contradiction(
        lambda s: s.regularization.adversarial == "fgm" and not embeddings_learn(s),
        "regularization.adversarial='fgm' moves the embeddings, and no stage trains them here "
        "(encoder.frozen={s.encoder.frozen!r}, rates.embeddings={s.rates.embeddings!r}): choose "
        "'awp', or let them learn",
    ),
    Contradiction(
        lambda s: s.loss.weights == "target_sd" and s.loss.kind in ("gaussian", "kl"),
        "loss.kind={s.loss.kind!r} reckons with the raters' noise already: leave "
        "loss.weights='target_sd' out",
    ),
)


def contradictions(chosen: Settings) -> Iterator[str]:
    """One complaint for each pair of settings that contradict each other."""
    for pair in CONTRADICTIONS:
        if pair.stand(chosen):
            yield pair.reason.format(s=chosen)
    for i, stage in enumerate(chosen.all_stages()):
        yield from _of_stage(chosen, stage, f"stages.{i}." if chosen.stages else "")


def _of_stage(chosen: Settings, stage: Stage, where: str) -> Iterator[str]:
    if not _learns(chosen, stage):
        yield (
            f"nothing would learn: the rate of all that {where}rates and {where}train let learn "
            f"is 0; raise {where}rates.head or {where}rates.top"
            if where
            else "nothing would learn: every rate is 0; raise rates.head or rates.top"
        )
    if stage.rates.pooling != chosen.rates.pooling and not pooling_learns(chosen):
        yield (
            f"{where}rates.pooling={stage.rates.pooling!r} would do nothing: it needs a pooling "
            f"with parameters, such as attention"
        )
    at_peak, beta1 = stage.schedule.beta1_at_peak, chosen.optimizer.beta1
    if stage.schedule.kind == "one_cycle" and at_peak > beta1:
        yield (
            f"{where}schedule.beta1_at_peak={at_peak} must not be above optimizer.beta1={beta1}, "
            "from which one_cycle lets beta1 fall to it: lower it"
        )
    random, learning = chosen.encoder.reinitialise, _top_layers(stage)
    if learning is not None and learning < random:
        yield (
            f"{where}train={stage.train!r} would keep layers frozen that "
            f"encoder.reinitialise={random} fills with random weights: train {random} at least"
        )


def pooling_learns(chosen: Settings) -> bool:
    """Whether there is a layer group "pooling": parameters between the encoder and the head."""
    pooling = chosen.pooling
    weighted = pooling.layers > 1 and pooling.combine == "weighted"
    kinds = {pooling.kind, pooling.beside}
    return bool(kinds & set(LEARNING_POOLINGS)) or pooling.bottleneck > 0 or weighted


def embeddings_learn(chosen: Settings) -> bool:
    """Whether the embeddings learn in some stage."""
    return chosen.encoder.frozen == "none" and any(
        stage.train == "all" and _embeddings_rate(stage) > 0 for stage in chosen.all_stages()
    )


def _embeddings_rate(stage: Stage) -> float:
    """The embeddings' rate; where it follows from the other layers', whether they learn."""
    rates = stage.rates
    if "embeddings" in rates.groups:
        return rates.groups["embeddings"]
    return rates.top if rates.embeddings == "auto" or rates.shape == "slice" else rates.embeddings


def _asks_for_embeddings(stage: Stage) -> bool:
    return stage.rates.embeddings != "auto" and stage.rates.embeddings > 0


def _top_layers(stage: Stage) -> int | None:
    """How many of the encoder's top layers learn in `stage`; None: all that are not frozen."""
    if stage.train == "all":
        return None
    return 0 if stage.train == "head" else stage.train


def _learns(chosen: Settings, stage: Stage) -> bool:
    """Whether a rate of a layer group that learns in `stage` is above 0."""
    rates = stage.rates
    if any(rates.groups.values()) or (rates.shape == "slice" and rates.top):
        return True
    if rates.shape == "slice":
        return False
    own = rates.head if rates.pooling == "auto" else rates.pooling
    layers = rates.top > 0 and stage.train != "head" and chosen.encoder.frozen != "all"
    embeddings = stage.train == "all" and embeddings_learn(chosen) and _embeddings_rate(stage) > 0
    return rates.head > 0 or (pooling_learns(chosen) and own > 0) or layers or embeddings
