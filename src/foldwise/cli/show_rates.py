"""`foldwise train EXPERIMENT --show-rates`: what would learn, at which rate, and when."""

import math
import sys
from argparse import Namespace
from collections.abc import Callable, Collection, Sequence

from foldwise.cli.output import Output
from foldwise.cli.requests import request_of_train
from foldwise.cli.tables import Figure
from foldwise.errors import UsageError, counted
from foldwise.paths import Project
from foldwise.pipeline.rate_table import GroupRates, RateTable, StageSteps, rate_table
from foldwise.settings import Optimizer, Schedule, Settings

IDLE = ("name", "folds", "resume", "fresh", "max_time", "workers")  # options of a training
PER_DECADE = 8  # characters that a bar is longer for ten times the rate
LONGEST = 32  # characters of a bar; rates further apart have fewer for ten times
EIGHTHS = " ▏▎▍▌▋▊▉█"  # https://www.unicode.org/charts/PDF/U2580.pdf


def show_rates(project: Project, options: Namespace, output: Output) -> None:
    """Show the rates of an experiment; nothing is trained, and `runs/` is not touched.

    Raises:
        UsageError: options that only a training reads, or see `rate_table`.
        DataError: see `rate_table`.
    """
    if idle := [name for name in IDLE if getattr(options, name) not in (None, False)]:
        raise UsageError(
            f"--show-rates trains nothing, so that --{idle[0].replace('_', '-')} would do nothing; "
            f"leave one of them out"
        )
    request = request_of_train(project, options)
    table = rate_table(project, request.settings)
    output.result(as_json(request.name, table))
    title = f"{request.name}: {request.settings.encoder.name}"
    output.table(title, _columns(len(table.stages)), _rows(table.groups))
    output.lines(_remarks(request.settings, table))


def as_json(name: str, table: RateTable) -> dict[str, object]:
    """The table for programs; None for the rate of a frozen group, and for one not known."""
    groups = [
        {
            "name": group.name,
            "parameters": group.parameters,
            "trainable": group.trainable,
            "peak_rates": group.peaks,
            "first_rates": group.firsts,
            "weight_decay": group.weight_decay,
        }
        for group in table.groups
    ]
    stages = [
        {
            "epochs": part.stage.epochs,
            "train": part.stage.train,
            "schedule": part.stage.schedule.model_dump(mode="json"),
            "steps_of_folds": part.steps,
            "warmup_steps_of_folds": part.warmup,
        }
        for part in table.stages
    ]
    return {
        "experiment": name,
        "groups": groups,
        "stages": stages,
        "missing": table.missing,
        "assumed_classes": table.assumed_classes,
    }


def _columns(stages: int) -> list[str]:
    names = [f"stages.{k} " for k in range(stages)] if stages > 1 else [""]  # as in the settings
    rates = [f"{name}{word}" for name in names for word in ("peak", "first")]
    return ["layer group", "parameters", "", *rates, "decay", ""]


def _rows(groups: Sequence[GroupRates]) -> list[list[object]]:
    bar = _bar_between(groups)
    return [
        [
            group.name,
            group.parameters,
            "trainable" if group.trainable else "frozen",
            *(
                cell
                for peak, first in zip(group.peaks, group.firsts, strict=True)
                for cell in _cells(peak, first)
            ),
            Figure(f"{group.weight_decay:g}" if group.trainable else ""),
            bar(group),
        ]
        for group in groups
    ]


def _cells(peak: float | None, first: float | None) -> tuple[Figure, Figure]:
    """Figures all, also where there is no number, so that the column stays to the right."""
    if peak is None:
        return Figure("frozen"), Figure("")
    return Figure(f"{peak:.2e}"), Figure("?" if first is None else f"{first:.2e}")


def _bar_between(groups: Sequence[GroupRates]) -> Callable[[GroupRates], str]:
    """The bar of a group's highest rate: one mark for the lowest of all groups, log scale."""
    highest = {group.name: _highest(group) for group in groups if group.trainable}
    lowest, per_decade = _scale(highest.values())
    draws_blocks = _can_print(EIGHTHS)

    def bar(group: GroupRates) -> str:
        if group.name not in highest:
            return ""
        length = 1 + per_decade * math.log10(highest[group.name] / lowest)
        if not draws_blocks:
            return "#" * round(length)
        whole, part = divmod(round(length * 8), 8)
        return f"{EIGHTHS[-1] * whole}{EIGHTHS[part]}".rstrip()

    return bar


def _scale(rates: Collection[float]) -> tuple[float, float]:
    """The lowest rate, and the marks for ten times as much."""
    lowest = min(rates)
    decades = math.log10(max(rates) / lowest)
    return lowest, min(PER_DECADE, (LONGEST - 1) / decades) if decades else PER_DECADE


def _highest(group: GroupRates) -> float:
    return max(peak for peak in group.peaks if peak is not None)


def _can_print(text: str) -> bool:
    """Whether standard output's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _remarks(chosen: Settings, table: RateTable) -> list[str]:
    trainable = [group for group in table.groups if group.trainable]
    lowest, per_decade = _scale([_highest(group) for group in trainable])
    learning, whole = (sum(g.parameters for g in groups) for groups in (trainable, table.groups))
    lines = [
        f"bars: each group's highest peak on a logarithmic scale, one mark for {lowest:.2e}, "
        f"{per_decade:.2g} more for ten times as much; first: the rate of the first step",
        f"{learning:,} of {whole:,} parameters learn; decay is of matrices, never of biases and "
        f"norms",
    ]
    if decay := chosen.regularization.pretrained_decay:
        lines.append(f"what learns in the encoder decays towards its pretrained weights: {decay:g}")
    many = len(table.stages) > 1
    lines += [
        f"{f'stages.{k}, train={part.stage.train}' if many else 'schedule'}: "
        f"{_stage_line(part, chosen.optimizer)}"
        for k, part in enumerate(table.stages)
    ]
    if table.missing:
        lines.append(f"steps are not known: {table.missing}")
    if table.assumed_classes:
        lines.append(
            f"the head is counted for {table.assumed_classes} classes, as the labels are not here"
        )
    return lines


def _stage_line(part: StageSteps, optimizer: Optimizer) -> str:
    stage, schedule = part.stage, part.stage.schedule
    steps = f" = {_span(part.steps, 'step')} a fold" if part.steps else ""
    epochs = "epoch" if stage.epochs == 1 else "epochs"
    words = [f"{stage.epochs:g} {epochs}{steps}", schedule.kind, _warmup(part)]
    if schedule.kind in ("one_cycle", "slanted"):
        words.append(f"from {schedule.start:g} of the peak")
    if schedule.kind == "one_cycle":
        words.append(f"beta1 {optimizer.beta1:g} to {schedule.beta1_at_peak:g} and back")
    if schedule.restarts:
        words.append(f"{schedule.restarts + 1} cycles that begin at the peak")
    words.append(_ending(schedule))
    return ", ".join(words)


def _warmup(part: StageSteps) -> str:
    schedule = part.stage.schedule
    if schedule.warmup_steps:
        return f"warm-up {counted(schedule.warmup_steps, 'step')}"
    known = f"= {_span(part.warmup, 'step')}" if part.warmup else "of the steps"
    return f"warm-up {schedule.warmup:.0%} {known}"


def _ending(schedule: Schedule) -> str:
    if schedule.kind == "constant":
        return "then constant"
    return f"then to {schedule.start if schedule.kind == 'slanted' else schedule.end:g} of the peak"


def _span(counts: Sequence[int], noun: str) -> str:
    """A count that all folds share, or the least and the most: 530 steps, or 530-531 steps."""
    least, most = min(counts), max(counts)
    return counted(least, noun) if least == most else f"{least:,}-{counted(most, noun)}"
