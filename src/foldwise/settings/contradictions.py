"""Settings that contradict each other, or would leave nothing to learn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from foldwise.settings.experiment import Settings
from foldwise.settings.learners import (
    embeddings_learn,
    is_held,
    layers_learn,
    pooling_learns,
    something_learns_in,
    top_layers_learning,
)
from foldwise.settings.learning import Stage

NEED_ENCODER = ("encoder.dropout", "regularization.mixout", "regularization.pretrained_decay")
NEED_LAYERS = ("encoder.reinitialise", "encoder.layer_drop")  # learning embeddings are not enough


def _of_a_team(stands: Callable[[Settings], bool]) -> Callable[[Settings], bool]:
    return lambda chosen: chosen.hardware.processes > 1 and stands(chosen)


# what a process that sees a share of a batch cannot do, or would do otherwise than the others
NEED_WHOLE_BATCH: tuple[tuple[Callable[[Settings], bool], str], ...] = (
    (lambda s: s.head.norm == "batch", "head.norm='batch' compares all of its texts"),
    (
        lambda s: s.loss.kind in ("rmse", "ranking"),
        "loss.kind={s.loss.kind!r} is no mean over texts",
    ),
    (
        lambda s: s.regularization.mixout > 0,
        "regularization.mixout mixes the same weights for all of it",
    ),
    (
        lambda s: s.regularization.adversarial != "none",
        "regularization.adversarial moves the weights along its whole gradient",
    ),
)


@dataclass(frozen=True)
class Contradiction:
    """Settings that must not stand together.

    Attributes:
        stand: whether they do.
        reason: the settings, why not, and what to do; `{s}` is the experiment.
    """

    stand: Callable[[Settings], bool]
    reason: str


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
        lambda s: s.loss.kind == "ranking" and s.training.batch_size < 2,
        "loss.kind='ranking' compares the texts of a batch: raise training.batch_size",
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
        lambda s: s.encoder.frozen == "all" and bool(s.stages),
        "encoder.frozen='all' leaves the [[stages]] nothing to unfreeze: leave one of them out",
    ),
    Contradiction(
        lambda s: s.encoder.frozen != "none" and any(map(_asks_for_embeddings, s.all_stages())),
        "rates.embeddings above 0 lets the embeddings learn, and encoder.frozen="
        "{s.encoder.frozen!r} keeps them as they are: leave one of them out",
    ),
    Contradiction(
        lambda s: s.regularization.adversarial == "fgm" and not embeddings_learn(s),
        "regularization.adversarial='fgm' moves the embeddings, and no stage trains them here "
        "(see encoder.frozen={s.encoder.frozen!r}, rates and train): choose 'awp', or let them "
        "learn",
    ),
    Contradiction(
        lambda s: s.loss.weights == "target_sd" and s.loss.kind in ("gaussian", "kl"),
        "loss.kind={s.loss.kind!r} reckons with the raters' noise already: leave "
        "loss.weights='target_sd' out",
    ),
    Contradiction(
        lambda s: s.hardware.processes > 1 and s.hardware.jobs_per_gpu != 1,
        "hardware.processes={s.hardware.processes} gives a fold several GPUs, and "
        "hardware.jobs_per_gpu={s.hardware.jobs_per_gpu!r} a share of one: leave one of them 1",
    ),
    *(
        Contradiction(
            _of_a_team(stands),
            f"hardware.processes above 1 gives each process a share of a batch, and {whole}: leave "
            f"one of them out",
        )
        for stands, whole in NEED_WHOLE_BATCH
    ),
)


def contradictions(chosen: Settings) -> Iterator[str]:
    """One complaint for each pair of settings that contradict each other."""
    for pair in CONTRADICTIONS:
        if pair.stand(chosen):
            yield pair.reason.format(s=chosen)
    yield from without_learning_encoder(chosen, layers_learn=layers_learn(chosen))
    yield from _random_for_ever(chosen)
    yield from _rates_of_held(chosen)
    for i, stage in enumerate(chosen.all_stages()):
        yield from _of_stage(chosen, stage, f"stages.{i}." if chosen.stages else "")


def without_learning_encoder(chosen: Settings, *, layers_learn: bool) -> Iterator[str]:
    """One complaint for each setting that changes nothing in an encoder that never learns.

    What never learns computes as in a prediction: nothing in it is dropped.

    Args:
        chosen: an experiment's settings.
        layers_learn: whether a layer of the encoder learns in some stage.
    """
    learns = layers_learn or embeddings_learn(chosen)
    values = chosen.flat()
    missing = [] if learns else [(key, "the encoder") for key in NEED_ENCODER]
    missing += [] if layers_learn else [(key, "a layer of the encoder") for key in NEED_LAYERS]
    for key, part in missing:
        value = values[key]
        if value and value != "auto":
            yield (
                f"{key}={value!r} makes no sense where no stage trains {part} "
                f"(see encoder.frozen={chosen.encoder.frozen!r}, rates and train): leave it out, "
                f"or let {part} learn"
            )


def _random_for_ever(chosen: Settings) -> Iterator[str]:
    random, learning = chosen.encoder.reinitialise, top_layers_learning(chosen)
    if learning and learning < random:
        yield (
            f"encoder.reinitialise={random} fills layers with random weights that no stage trains: "
            f"let one of the [[stages]] train {random} at least, or lower it to {learning}"
        )


def _rates_of_held(chosen: Settings) -> Iterator[str]:
    tables = {"rates": chosen.rates.groups}
    for i, stage in enumerate(chosen.stages):
        if stage.rates.groups != chosen.rates.groups:
            tables[f"stages.{i}.rates"] = stage.rates.groups
    for where, groups in tables.items():
        for name, rate in groups.items():
            if is_held(name, chosen.encoder):
                yield (
                    f"{where}.groups has a rate for {name!r}, {rate}, and encoder.frozen="
                    f"{chosen.encoder.frozen!r} keeps it as it is: leave one of them out"
                )


def _of_stage(chosen: Settings, stage: Stage, where: str) -> Iterator[str]:
    if not something_learns_in(stage, chosen):
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


def _asks_for_embeddings(stage: Stage) -> bool:
    return stage.rates.embeddings != "auto" and stage.rates.embeddings > 0
