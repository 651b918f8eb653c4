"""Rates and schedules that nothing would read: of another shape, or overridden by every stage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from foldwise.settings.experiment import Settings
from foldwise.settings.learning import Rates, Schedule

Part = Rates | Schedule
NOT_SLICE = ("decay", "constant", "linear", "bands")
WARMED = ("one_cycle", "slanted")  # schedules that rise from `start` in the warm-up


@dataclass(frozen=True)
class Selector:
    """A setting that decides which of its neighbours are read.

    Attributes:
        name: of the setting, in the section `section`.
        readers: its values that read a neighbour, by the neighbour's name; all read the others.
    """

    section: str
    name: str
    readers: Mapping[str, tuple[str, ...]]


SELECTORS = (
    Selector(
        "rates",
        "shape",
        {
            "decay": ("decay", "slice"),
            "span": ("linear",),
            "every": ("linear",),
            "bands": ("bands",),
            # a slice runs over all layer groups, from `top` at the head to the embeddings
            **dict.fromkeys(("head", "embeddings", "pooling"), NOT_SLICE),
        },
    ),
    Selector(
        "schedule",
        "kind",
        {
            "power": ("polynomial",),
            "start": WARMED,
            "beta1_at_peak": ("one_cycle",),
            "restarts": ("linear", "cosine", "polynomial"),
            "end": ("linear", "cosine", "polynomial", "one_cycle"),
        },
    ),
)


def unread_in_stages(chosen: Settings) -> Iterator[str]:
    """One complaint for each rate or part of a schedule that differs from its default in vain.

    A stage's own values must be read in that stage; those of [rates] and [schedule] in one stage at
    least, where there are stages.
    """
    for selector in SELECTORS:
        base: Part = getattr(chosen, selector.section)
        stages: list[Part] = [getattr(stage, selector.section) for stage in chosen.stages]
        for i, own in enumerate(stages):
            said = [key for key in _changed(own) if getattr(own, key) != getattr(base, key)]
            yield from _not_read(selector, own, said, f"stages.{i}.{selector.section}")
        if stages:
            yield from _never_inherited(selector, base, stages)
        else:
            yield from _not_read(selector, base, _changed(base), selector.section)
    for i, stage in enumerate(chosen.all_stages()):
        where = f"stages.{i}.schedule" if chosen.stages else "schedule"
        yield from _of_warmup(stage.schedule, where)


def _changed(part: Part) -> list[str]:
    plain = type(part)()
    return [key for key in type(part).model_fields if getattr(part, key) != getattr(plain, key)]


def _is_read(selector: Selector, part: Part, key: str) -> bool:
    readers = selector.readers.get(key)
    return readers is None or getattr(part, selector.name) in readers


def _not_read(selector: Selector, part: Part, keys: list[str], where: str) -> Iterator[str]:
    for key in keys:
        if not _is_read(selector, part, key):
            wanted = " or ".join(map(repr, selector.readers[key]))
            advice = (
                f"; a slice runs over all layer groups, from {where}.top at the head to the "
                f"embeddings: use {where}.groups for exceptions"
                if getattr(part, selector.name) == "slice"
                else ""
            )
            yield (
                f"{where}.{key}={getattr(part, key)!r} would do nothing: it needs "
                f"{where}.{selector.name}={wanted}{advice}"
            )


def _never_inherited(selector: Selector, base: Part, stages: list[Part]) -> Iterator[str]:
    for key in _changed(base):
        value = getattr(base, key)
        heirs = [stage for stage in stages if getattr(stage, key) == value]
        where = f"{selector.section}.{key}={value!r} would do nothing"
        if not heirs:
            yield f"{where}: each of the [[stages]] has its own; leave it out"
        elif not any(_is_read(selector, stage, key) for stage in heirs):
            wanted = " or ".join(map(repr, selector.readers[key]))
            yield f"{where}: it needs a stage with {selector.section}.{selector.name}={wanted}"


def _of_warmup(schedule: Schedule, where: str) -> Iterator[str]:
    plain = Schedule()
    if schedule.warmup_steps and schedule.warmup != plain.warmup:
        yield (
            f"{where}.warmup_steps={schedule.warmup_steps} and {where}.warmup={schedule.warmup} "
            f"both say how long the warm-up is: give one of them"
        )
    if (
        schedule.kind in WARMED
        and not (schedule.warmup or schedule.warmup_steps)
        and schedule.start != plain.start
    ):
        yield (
            f"{where}.start={schedule.start} would do nothing: it needs {where}.warmup above 0, in "
            f"which the rates rise from it"
        )
