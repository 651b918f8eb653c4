"""Everything an experiment can say."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from foldwise.settings.learning import Optimizer, Rates, Schedule, Stage
from foldwise.settings.model import Encoder, Head, Pooling
from foldwise.settings.objective import Averaging, Loss, Regularization
from foldwise.settings.section import Section
from foldwise.settings.tfidf import Tfidf
from foldwise.settings.tracking import Tracking
from foldwise.settings.training import Hardware, Training

FAST_ROWS, FAST_TOKENS = 800, 64  # of --fast
FAST_EPOCHS = 1.0  # of all stages together


class Settings(Section):
    """Everything an experiment can say."""

    competition: str
    kind: Literal["encoder", "tfidf"] = "encoder"
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 42
    encoder: Encoder = Encoder()
    pooling: Pooling = Pooling()
    head: Head = Head()
    loss: Loss = Loss()
    rates: Rates = Rates()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    stages: tuple[Stage, ...] = ()  # one after the other; none: everything learns from the start
    regularization: Regularization = Regularization()
    averaging: Averaging = Averaging()
    training: Training = Training()
    hardware: Hardware = Hardware()
    tfidf: Tfidf = Tfidf()
    tracking: Tracking = Tracking()

    def all_stages(self) -> tuple[Stage, ...]:
        """The stages of the training: one, where the experiment says none."""
        whole = Stage(epochs=self.training.epochs, rates=self.rates, schedule=self.schedule)
        return self.stages or (whole,)

    def flat(self) -> dict[str, Any]:
        """Every value by its dotted name, such as `rates.top` or `stages.0.epochs`."""
        return dict(_flattened(self.model_dump(mode="json")))


def with_inherited(table: Mapping[str, Any]) -> dict[str, Any]:
    """An experiment's `table`, in which each stage also has what [rates] and [schedule] say.

    Not a validator of `Settings`: one that runs before the fields would hand them Python's values
    instead of JSON's, and strictness would no longer take a list for a tuple.
    """
    stages = table.get("stages")
    if not isinstance(stages, list):
        return dict(table)
    return {**table, "stages": [_inheriting(stage, table) for stage in stages]}


def _inheriting(stage: Any, table: Mapping[str, Any]) -> Any:
    if not isinstance(stage, Mapping):
        return stage
    merged = dict(stage)
    for name in ("rates", "schedule"):
        base, own = table.get(name, {}), stage.get(name, {})
        if isinstance(base, Mapping) and isinstance(own, Mapping):
            merged[name] = {**base, **own}
    return merged


def small_form(chosen: Settings) -> Settings:
    """`chosen` cut down to a minute on two cores: the same path, fewer rows, folds, tokens."""
    rows = min(chosen.training.rows or FAST_ROWS, FAST_ROWS)
    smaller: dict[str, Any] = {"rows": rows, "folds": 2}
    if chosen.kind == "tfidf":
        return _updated(chosen, training=smaller)
    share = min(1.0, FAST_EPOCHS / sum(stage.epochs for stage in chosen.all_stages()))
    smaller["evaluations_per_epoch"] = 1
    if not chosen.stages:
        smaller["epochs"] = chosen.training.epochs * share
    stages = tuple(
        stage.model_copy(
            update={"epochs": stage.epochs * share, "schedule": _small_warmup(stage.schedule)}
        )
        for stage in chosen.stages
    )
    length = min(chosen.encoder.max_length, FAST_TOKENS)
    small = _updated(chosen, training=smaller, encoder={"max_length": length})
    return small.model_copy(update={"stages": stages, "schedule": _small_warmup(chosen.schedule)})


def _small_warmup(schedule: Schedule) -> Schedule:
    """`schedule` with the default share instead of a warm-up in steps.

    So many steps may be more than the small form has, and it is not known here which share of all
    steps they are.
    """
    if not schedule.warmup_steps:
        return schedule
    return schedule.model_copy(update={"warmup_steps": 0, "warmup": Schedule().warmup})


def _updated(chosen: Settings, **sections: Mapping[str, Any]) -> Settings:
    changed = {
        name: getattr(chosen, name).model_copy(update=dict(values))
        for name, values in sections.items()
    }
    return chosen.model_copy(update=changed)


def _flattened(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        inner = {str(i): entry for i, entry in enumerate(value)}.items()
    else:
        return [(prefix.removesuffix("."), value)]
    return [pair for key, part in inner for pair in _flattened(part, f"{prefix}{key}.")]
