"""The labels of a classification, and the names of a model's outputs."""

import math
from collections.abc import Sequence

from foldwise.competition.competition import Competition
from foldwise.errors import DataError, did_you_mean, listed

MISSING = frozenset({"na", "n/a", "nan", "null", "none", "inf", "-inf", "infinity", "-infinity"})


def labels_of(competition: Competition, found: Sequence[str]) -> tuple[str, ...]:
    """The labels in order: those of `competition.toml`, else the distinct ones `found`.

    Labels found are in numerical order if they are all numbers, else alphabetical. An empty string
    is no label, nor is a mark of a missing value, such as "nan", where all others are numbers: the
    rows that hold one are refused when they are loaded. A regression has no labels.

    Raises:
        DataError: fewer than two labels, or two that are the same number.
    """
    if competition.task == "regression" or competition.labels:
        return competition.labels
    distinct = {label for label in found if label}
    known = {label for label in distinct if label.casefold() not in MISSING}
    if known and all(is_finite(label) for label in known):
        distinct = known
    if len(distinct) < 2:
        raise DataError(
            f"a classification needs two labels, got {sorted(distinct)}; check the target column"
        )
    if not all(is_finite(label) for label in distinct):
        return tuple(sorted(distinct))
    _refuse_equal_numbers(distinct)
    return tuple(sorted(distinct, key=float))


def output_names(competition: Competition, labels: Sequence[str]) -> tuple[str, ...]:
    """The columns of a prediction table: target names, or `p_<label>` in label order."""
    if competition.task == "regression":
        return competition.target
    return tuple(f"p_{label}" for label in labels)


def unknown_label(label: str, labels: Sequence[str]) -> str:
    """A clause that names an unknown label and the nearest known one."""
    return f"{label!r} ({did_you_mean(label, labels)})"


def is_finite(text: str) -> bool:
    """Whether `text` is a finite number."""
    return (number := number_in(text)) is not None and math.isfinite(number)


def number_in(text: str) -> float | None:
    """The number `text` spells, NaN and infinities included, or None if it spells none."""
    if "_" in text:  # Python reads 1_000 as a number, a CSV does not
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _refuse_equal_numbers(labels: set[str]) -> None:
    spellings: dict[float, list[str]] = {}
    for label in sorted(labels):
        spellings.setdefault(float(label), []).append(label)
    twice = [repr(label) for same in spellings.values() if len(same) > 1 for label in same]
    if twice:
        raise DataError(
            f"labels must be different numbers, but {listed(twice)} are spellings of the same; "
            f"write each one way, or list all labels in competition.toml"
        )
