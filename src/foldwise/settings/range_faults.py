"""What is wrong with a range as it is written, in words."""

import math
from collections.abc import Mapping
from typing import Any

from foldwise.errors import did_you_mean

ONE_SPLIT = "all trials are compared on the same rows and folds"
NEVER_TUNED = {  # by the beginning of their names, and why
    "seed": "the best of several seeds is luck, which no other rows repeat; train several seeds "
    "and average them instead",
    "competition": ONE_SPLIT,
    "training.rows": ONE_SPLIT,
    "training.folds": ONE_SPLIT,
    "kind": "an encoder and TF-IDF share no other setting; tune each by itself",
    "hardware.": "it decides how long a training takes, not how good it becomes",
    "tracking.": "it changes no result",
    "training.checkpoint_seconds": "it changes no result",
    "training.gradient_checkpointing": "it changes no result",
    "training.cache_frozen": "it changes no result but for rounding",
    "training.micro_batch_tokens": "it changes no result but for rounding",
}
OF_RANGE = ("low", "high", "log", "step", "default")
OF_CHOICES = ("choices", "default")
LEAST_CHOICES = 2


def faults_of(name: str, written: Mapping[str, Any]) -> list[str]:
    """What is wrong with one range as it is written."""
    if reasons := [why for key, why in NEVER_TUNED.items() if _begins(name, key)]:
        return [f"{name} is never tuned: {reasons[0]}; give it one value"]
    if "choices" in written:
        return _faults_of_choices(name, written)
    known: dict[str, Any] = {key: written.get(key) for key in OF_RANGE}
    faults = _unknown(name, written, OF_RANGE)
    low, high, step = known["low"], known["high"], known["step"]
    if not is_number(low) or not is_number(high) or low >= high:
        return [
            *faults,
            f"{name}: low and high are numbers, low the smaller, got {low!r}, {high!r}",
        ]
    if not isinstance(known["log"], bool | None):
        faults.append(f"{name}: log is true or false, got {known['log']!r}")
    if known["log"] is True and low <= 0:
        faults.append(f"{name}: log needs a low above 0, got {low!r}; leave log out, or raise it")
    if step is not None and (not is_number(step) or step <= 0 or known["log"] is True):
        faults.append(f"{name}: step is a number above 0, without log, got {step!r}")
    elif step is not None and not math.isclose((high - low) / step, round((high - low) / step)):
        faults.append(f"{name}: steps of {step!r} from {low!r} do not reach {high!r}; change one")
    if (default := known["default"]) is not None and not (
        is_number(default) and low <= default <= high
    ):
        faults.append(f"{name}: default lies from {low!r} to {high!r}, got {default!r}")
    elif not faults and default is not None and not is_on_grid(default, low, step):
        faults.append(f"{name}: default is one of the steps of {step!r} from {low!r}: {default!r}")
    return faults


def faults_of_whole(name: str, written: Mapping[str, Any]) -> list[str]:
    """What is wrong with a range of whole numbers, besides."""
    return [
        f"{name} is a whole number, and so is the {key} of its range: got {written[key]!r}"
        for key in ("step", "default")
        if key in written and written[key] != int(written[key])
    ]


def is_on_grid(value: float, low: float, step: float | None) -> bool:
    """Whether whole steps lead from `low` to `value`; always where there are no steps."""
    if step is None:
        return True
    steps = (value - low) / step
    return math.isclose(steps, round(steps), abs_tol=1e-8)  # as Optuna sees it


def _faults_of_choices(name: str, written: Mapping[str, Any]) -> list[str]:
    choices = written["choices"]
    faults = _unknown(name, written, OF_CHOICES)
    if not isinstance(choices, list) or len(choices) < LEAST_CHOICES:
        return [*faults, f"{name}: choices are a list of two values or more, got {choices!r}"]
    if any(value in choices[:i] for i, value in enumerate(choices)):
        faults.append(f"{name}: each of the choices once, got {choices!r}")
    if "default" in written and written["default"] not in choices:
        faults.append(f"{name}: default is one of {choices!r}, got {written['default']!r}")
    return faults


def _unknown(name: str, written: Mapping[str, Any], known: tuple[str, ...]) -> list[str]:
    return [
        f"{name}: a range has no {key!r}; {did_you_mean(key, known)}"
        for key in written
        if key not in known
    ]


def _begins(name: str, key: str) -> bool:
    return name == key or (key.endswith(".") and name.startswith(key))


def is_number(value: Any) -> bool:
    """Whether a value is a finite number, which True is not."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return numeric and math.isfinite(value)
