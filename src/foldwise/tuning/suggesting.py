"""Values for an experiment's ranges, as Optuna suggests them."""

from typing import Any

from optuna import Trial

from foldwise.settings import Choices, Tunable, TunedExperiment, literal
from foldwise.settings.reading import depends_on_others

DIGITS = 4  # of a suggested number: it is trained with, and written, as it is shown


def suggested(trial: Trial, experiment: TunedExperiment) -> dict[str, Any]:
    """A value for each range that is read beside the others, by dotted name.

    What depends on others is asked for last, and only where it is read, so that TPE learns about
    it from those trials alone: that is what its `group` is for.
    """
    free = [r for r in experiment.ranges if not depends_on_others(r.name)]
    values = {tunable.name: _value(trial, tunable) for tunable in free}
    for tunable in experiment.ranges:
        if tunable not in free and experiment.is_read(values, tunable.name):
            values[tunable.name] = _value(trial, tunable)
    return {r.name: values[r.name] for r in experiment.ranges if r.name in values}


def as_parameters(values: dict[str, Any], experiment: TunedExperiment) -> dict[str, Any]:
    """The values as Optuna keeps them."""
    tunables = {tunable.name: tunable for tunable in experiment.ranges}
    return {name: _kept(tunables[name], value) for name, value in values.items()}


def _value(trial: Trial, tunable: Tunable) -> Any:
    if isinstance(tunable, Choices):
        kept = [_kept(tunable, choice) for choice in tunable.choices]
        return tunable.choices[kept.index(trial.suggest_categorical(tunable.name, kept))]
    low, high, step = tunable.low, tunable.high, tunable.step
    if tunable.whole:
        by = 1 if step is None else int(step)
        return trial.suggest_int(tunable.name, int(low), int(high), step=by, log=tunable.log)
    value = trial.suggest_float(tunable.name, low, high, step=step, log=tunable.log)
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)


def _kept(tunable: Tunable, value: Any) -> Any:
    """A choice as Optuna's database can hold it: a list or table as the text of its TOML."""
    return literal(value) if isinstance(tunable, Choices) and _is_table(value) else value


def _is_table(value: Any) -> bool:
    return isinstance(value, list | dict)
