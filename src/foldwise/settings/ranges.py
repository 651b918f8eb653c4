"""Ranges in an experiment: what tuning may choose, checked before anything is trained.

A range stands exactly where the value would: `{ low = 1e-5, high = 1e-3, log = true }`, or
`{ choices = ["mean", "attention"] }`. With `default` it says what is tried first; else that is the
setting's own default, if the range holds it, else the middle.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from foldwise.errors import Complaints, UsageError
from foldwise.settings.experiment import Settings
from foldwise.settings.range_faults import faults_of, faults_of_whole, is_number, is_on_grid
from foldwise.settings.reading import conditions, depends_on_others, is_read
from foldwise.settings.toml import Place, checked_settings, parsed_settings, ranges_in

EXAMPLES = {  # of a range, by the kind of experiment
    "encoder": "rates.top = { low = 1e-5, high = 1e-3, log = true }",
    "tfidf": "tfidf.penalty = { low = 0.1, high = 10.0, log = true }",
}


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both among them.

    Attributes:
        place: where in the experiment.
        log: whether each factor is as likely, rather than each difference.
        step: between two values; None: any value, or any whole number.
        whole: whether it is one of whole numbers.
        default: tried first.
    """

    place: Place
    low: float
    high: float
    log: bool
    step: float | None
    whole: bool
    default: float

    @property
    def name(self) -> str:
        """The dotted name of the setting."""
        return ".".join(self.place)


@dataclass(frozen=True)
class Choices:
    """Values without an order."""

    place: Place
    choices: tuple[Any, ...]
    default: Any

    @property
    def name(self) -> str:
        """The dotted name of the setting."""
        return ".".join(self.place)


Tunable = Range | Choices


@dataclass(frozen=True, eq=False)
class TunedExperiment:
    """An experiment with ranges.

    Attributes:
        table: as its TOML says it, ranges included.
        where: names it in messages.
        ranges: in the order of the table.
    """

    table: Mapping[str, Any]
    where: str
    ranges: tuple[Tunable, ...]

    def table_with(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The table with these values, by dotted name, for its ranges; the other ranges go."""
        return _filled(
            self.table, {r.place: values[r.name] for r in self.ranges if r.name in values}
        )

    def settings(self, values: Mapping[str, Any]) -> Settings:
        """The settings with these values for the ranges.

        Raises:
            UsageError: they contradict each other.
        """
        return checked_settings(self.table_with(values), self.where)

    def defaults(self) -> dict[str, Any]:
        """What is tried first, by dotted name; only of what is read then."""
        every = {tunable.name: tunable.default for tunable in self.ranges}
        return self.read_among(every)

    def read_among(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the values that something reads."""
        kept = {name: value for name, value in values.items() if not depends_on_others(name)}
        for name in values:
            if name not in kept and self.is_read(kept, name):
                kept[name] = values[name]
        return {name: value for name, value in values.items() if name in kept}

    def is_read(self, values: Mapping[str, Any], name: str) -> bool:
        """Whether anything would read the setting `name` beside these values."""
        return is_read(parsed_settings(self.table_with(values), self.where), name)


def tuned_experiment(table: Mapping[str, Any], where: str) -> TunedExperiment:
    """The experiment in `table`; every end and choice of its ranges is a valid value.

    Raises:
        UsageError: it has no range, one is wrong or stands where nothing is tuned, or the settings
            that are tried first contradict each other; all at once.
    """
    found = ranges_in(table)
    if not found:
        example = EXAMPLES["tfidf" if table.get("kind") == "tfidf" else "encoder"]
        raise UsageError(f"{where}: nothing to tune: give a setting a range, such as {example}")
    complaints = Complaints()
    for place, written in found:
        complaints.extend(f"{where}: {fault}" for fault in faults_of(".".join(place), written))
    complaints.raise_if_any(UsageError)
    plain = _plain_values(table, where)
    ranges = tuple(_tunable(place, written, plain) for place, written in found)
    experiment = TunedExperiment(table, where, ranges)
    complaints.extend(_wrong_values(experiment))
    complaints.raise_if_any(UsageError)
    experiment = TunedExperiment(table, where, tuple(_typed(r, experiment) for r in ranges))
    for tunable, (_, written) in zip(experiment.ranges, found, strict=True):
        if isinstance(tunable, Range) and tunable.whole:
            complaints.extend(f"{where}: {f}" for f in faults_of_whole(tunable.name, written))
    complaints.extend(f"{where}: {fault}" for fault in _never_read(experiment))
    complaints.raise_if_any(UsageError)
    experiment.settings(experiment.defaults())
    return experiment


def _filled(table: Mapping[str, Any], values: Mapping[Place, Any]) -> dict[str, Any]:
    """A copy of `table` with these values in place of its ranges; the other ranges go."""
    filled = copy.deepcopy(dict(table))
    for place, _ in ranges_in(table):
        *sections, leaf = place
        inner: Any = filled
        for section in sections:
            inner = inner[int(section) if isinstance(inner, list) else section]
        if place in values:
            inner[leaf] = values[place]
        else:
            del inner[leaf]
    return filled


def _plain_values(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The value of each setting where the ranges are left out; none where that is no experiment.

    As where a stage's epochs, which have no default, are a range.
    """
    try:
        return parsed_settings(_filled(table, {}), where).flat()
    except UsageError:  # told later, of the values themselves, if it is the experiment's fault
        return {}


def _tunable(place: Place, written: Mapping[str, Any], plain: Mapping[str, Any]) -> Tunable:
    usual = written.get("default", plain.get(".".join(place)))
    if "choices" in written:
        choices = tuple(written["choices"])
        return Choices(place, choices, usual if usual in choices else choices[0])
    low, high, log = written["low"], written["high"], bool(written.get("log"))
    step = written.get("step")
    inside = is_number(usual) and low <= usual <= high and is_on_grid(usual, low, step)
    return Range(
        place, low, high, log, step, False, usual if inside else _middle(low, high, log, step)
    )


def _middle(low: float, high: float, log: bool, step: float | None) -> float:
    """The middle in three digits; of steps the one at or before it."""
    if step is not None:
        return float(f"{low + (round((high - low) / step) // 2) * step:.12g}")
    return float(f"{math.sqrt(low * high) if log else (low + high) / 2:.3g}")


def _typed(tunable: Tunable, experiment: TunedExperiment) -> Tunable:
    """A range of whole numbers, where the setting takes such at both ends."""
    if isinstance(tunable, Choices):
        return tunable
    ends = (tunable.low, tunable.high)
    whole = all(isinstance(end, int) for end in ends) and all(
        isinstance(_value_at(experiment, tunable, end), int) for end in ends
    )
    default = round(tunable.default) if whole else float(tunable.default)
    low, high = tunable.low, tunable.high
    if not whole:
        low, high = float(low), float(high)
    return Range(tunable.place, low, high, tunable.log, tunable.step, whole, default)


def _value_at(experiment: TunedExperiment, tunable: Range, end: float) -> Any:
    table = experiment.table_with(_first_values(experiment) | {tunable.name: end})
    return parsed_settings(table, experiment.where).flat()[tunable.name]


def _first_values(experiment: TunedExperiment) -> dict[str, Any]:
    """A value of each range that is written in it: of whole numbers, the middle is none."""
    return {r.name: r.low if isinstance(r, Range) else r.choices[0] for r in experiment.ranges}


def _ends(tunable: Tunable) -> tuple[Any, ...]:
    return tunable.choices if isinstance(tunable, Choices) else (tunable.low, tunable.high)


def _wrong_values(experiment: TunedExperiment) -> list[str]:
    """What is wrong with the ends, choices and defaults of the ranges, each complaint once."""
    first = _first_values(experiment)
    complaints: dict[str, None] = {}
    for tunable in experiment.ranges:
        for value in _ends(tunable):
            table = experiment.table_with(first | {tunable.name: value})
            try:
                parsed_settings(table, experiment.where)
            except UsageError as error:
                complaints.update(dict.fromkeys(error.complaints))
    return list(complaints)


def _never_read(experiment: TunedExperiment) -> list[str]:
    """The ranges that no value of another one would make anything read."""
    dependent = [r.name for r in experiment.ranges if depends_on_others(r.name)]
    if not dependent:
        return []
    plain = experiment.defaults()
    free = [r for r in experiment.ranges if not depends_on_others(r.name)]
    tried = [plain, *(plain | {r.name: value} for r in free for value in _ends(r))]
    tables = [experiment.table_with(values) for values in tried]
    settings = [parsed_settings(table, experiment.where) for table in tables]
    return [
        f"{name} would never be read beside these settings; tune what reads it too, or leave it out"
        for name in dependent
        if not all(map(any, zip(*(conditions(chosen, name) for chosen in settings), strict=True)))
    ]
