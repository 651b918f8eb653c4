"""The learning rate of each layer group at every step: computed again, and held to the journal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from foldwise.errors import FoldwiseError, counted
from foldwise.reporting.curves import FoldCurves
from foldwise.reporting.palette import BLUE, GREEN, ORANGE, PURPLE, VERMILLION
from foldwise.reporting.plot import Plot
from foldwise.reporting.reported_run import ReportedRun, told
from foldwise.reporting.section import Block
from foldwise.settings import Settings, experiment_table
from foldwise.settings.toml import parsed_settings
from foldwise.training.collapse import rates_of_attempt
from foldwise.training.rates import layer_rates, trained_groups
from foldwise.training.schedules import schedule_factor
from foldwise.training.stages import epoch_steps, stage_lengths

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

TOLERANCE = 1e-6  # relative: the journal's are the optimizer's own floats
FAR_APART = 8.0  # highest over lowest peak, from which an axis is logarithmic
LAYER = re.compile(r"layer (\d+)")


@dataclass(frozen=True)
class StepRates:
    """Rates of a fold's training.

    Attributes:
        groups: names, bottom up.
        rates: (groups, steps); NaN where a group is frozen.
        ends: how many steps are taken when each stage is over.
    """

    groups: Sequence[str]
    rates: Floats
    ends: Sequence[int]


def step_rates(chosen: Settings, curves: FoldCurves) -> StepRates:
    """The rates that these settings give a fold with such layer groups and as many rows.

    The groups are those that the journal names; what never learned is put in where it must be.

    Raises:
        UsageError: the settings do not fit the groups.
    """
    names = _group_names(curves)
    lengths = stage_lengths(chosen, epoch_steps(curves.training_rows, chosen.training.batch_size))
    slower = rates_of_attempt(curves.collapses)
    parts = []
    for stage, steps in zip(chosen.all_stages(), lengths, strict=True):
        peaks = layer_rates(names, stage.rates)
        learning = trained_groups(names, stage, chosen.encoder)
        factor = schedule_factor(stage.schedule, steps)
        shape = slower * np.array([factor(step) for step in range(steps)])
        parts.append(
            np.stack([peaks[n] * shape if n in learning else shape * np.nan for n in names])
        )
    ends = np.cumsum(lengths).tolist()
    return StepRates(names, np.concatenate(parts, axis=1), ends)


def _group_names(curves: FoldCurves) -> list[str]:
    """All layer groups, bottom up, from those that the journal has rates of."""
    seen = list(dict.fromkeys(name for of in curves.rates.values() for name in of))
    layers = [int(found[1]) for name in seen if (found := LAYER.fullmatch(name))]
    below = ["embeddings", *(f"layer {i}" for i in range(max(layers, default=-1) + 1))]
    return [*below, *sorted((name for name in seen if name not in below), key=_above)]


def _above(name: str) -> tuple[int, str]:
    """Pooling stands before the head, and the head's layers in their order."""
    return (0 if name == "pooling" else 1, name)


def compared_steps(computed: StepRates, curves: FoldCurves) -> list[int]:
    """The steps of which the journal has rates to compare with.

    It has them after an evaluation, for the step to come; the last of a stage's is never taken.
    """
    return [
        step
        for step, recorded in curves.rates.items()
        if recorded and step not in computed.ends and step < computed.ends[-1]
    ]


def agrees(computed: StepRates, curves: FoldCurves) -> bool:
    """Whether the rates that the journal has are those computed for the same steps."""
    return all(
        np.isclose(computed.rates[computed.groups.index(name), step], rate, rtol=TOLERANCE, atol=0)
        for step in compared_steps(computed, curves)
        for name, rate in curves.rates[step].items()
    )


def rates_block(run: ReportedRun, curves: Sequence[FoldCurves]) -> Block:
    """The rates of the first fold over its steps; why there are none where that is so."""
    if not curves:
        return Block()
    first = curves[0]
    try:
        computed = step_rates(_settings(run), first)
    except FoldwiseError as error:
        return Block(run.name, sentences=[f"The rates cannot be computed again: {told(error)}"])
    if not agrees(computed, first):
        told_so = (
            "The rates that the run's settings give are not those in its journal, as another "
            "version of Foldwise trained it: they are not shown."
        )
        return Block(run.name, sentences=[told_so])
    return Block(run.name, plots=[_picture(run, first, computed)])


def _settings(run: ReportedRun) -> Settings:
    """What the run was trained with, also by a version with other rules of what goes together.

    Raises:
        UsageError: a setting is not known any more.
    """
    return parsed_settings(experiment_table(run.folder / "settings.toml"), "settings.toml")


def _picture(run: ReportedRun, first: FoldCurves, computed: StepRates) -> Plot:
    peaks = {
        name: float(np.nanmax(row))
        for name, row in zip(computed.groups, computed.rates, strict=True)
        if not np.isnan(row).all()
    }
    shown = ", ".join(f"{name} {peak:.2g}" for name, peak in peaks.items())
    frozen = [name for name in computed.groups if name not in peaks]
    caption = f"Fold {first.fold}, by settings and steps; {_held_to_journal(computed, first)}."
    if frozen:
        caption += f" Frozen: {frozen[0] if len(frozen) == 1 else f'{frozen[0]} to {frozen[-1]}'}."
    return Plot(
        name=f"{run.name}-rates",
        title="Learning rate by layer group",
        alt=f"The rate of each layer group over the steps; peaks: {shown}.",
        draw=lambda axes: _draw(axes, computed, list(peaks.values())),
        height=300.0,
        caption=caption,
    )


def _held_to_journal(computed: StepRates, first: FoldCurves) -> str:
    count = len(compared_steps(computed, first))
    if count == 0:
        return "its journal has no evaluation within a stage to compare with"
    return f"equal to the journal's at {counted(count, 'evaluation')}"


def _draw(axes: "Axes", computed: StepRates, peaks: Sequence[float]) -> None:
    layers = [name for name in computed.groups if LAYER.fullmatch(name)]
    steps = np.arange(1, computed.rates.shape[1] + 1)
    for name, row in reversed(list(zip(computed.groups, computed.rates, strict=True))):
        if np.isnan(row).all():
            continue
        rates = np.where(row > 0, row, np.nan)  # a logarithm has no 0
        axes.plot(steps, rates, **_look(name, layers))
    if max(peaks) > FAR_APART * min(peaks):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda rate, _at: f"{rate:.0e}")
        axes.set_ylim(bottom=min(peaks) / 100)
    axes.set_xlabel("step")
    axes.set_ylabel("learning rate")
    axes.locator_params(axis="x", nbins=6)
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=3, fontsize=9)


def _look(name: str, layers: Sequence[str]) -> dict[str, Any]:
    """A hue for each kind of group; the encoder's layers are the paler, the lower they are."""
    if name not in layers:
        hues = {"embeddings": (ORANGE, ":"), "pooling": (GREEN, "--")}
        colour, line = hues.get(name, (VERMILLION if name in {"head", "head 0"} else PURPLE, "-."))
        return {"color": colour, "linestyle": line, "label": name, "linewidth": 2.0}
    at = layers.index(name)
    ends = at in {0, len(layers) - 1}
    share = (at + 1) / len(layers)
    label = name if ends else None
    return {"color": BLUE, "alpha": 0.4 + 0.6 * share, "label": label, "linewidth": 1.4}
