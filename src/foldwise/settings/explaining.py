"""What is wrong with a table of settings, in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from foldwise.errors import did_you_mean
from foldwise.settings.experiment import Settings
from foldwise.settings.learning import Stage

MUST = "Input should be "  # how pydantic begins
IN_PLAIN_WORDS = {  # by pydantic's kind of error, where its own words are those of JSON
    "tuple_type": f"{MUST}a list in brackets, such as [a, b]",
    "model_type": f"{MUST}a table of settings, such as head.dropout=0.1",
    "dict_type": f"{MUST}a table of settings, such as rates.groups.head=1e-3",
    "float_parsing": f"{MUST}a number",
    "float_type": f"{MUST}a number",
    "int_parsing": f"{MUST}a whole number",
    "int_type": f"{MUST}a whole number",
    "int_from_float": f"{MUST}a whole number",
    "string_type": f"{MUST}a text",
}
ALTERNATIVE = re.compile(r"(constrained|literal|float$|int$)")  # pydantic's names in a union


def explained(
    error: ValidationError,
    noun: str = "setting",
    nearest: Callable[[Sequence[str]], str] | None = None,
) -> list[str]:
    """Pydantic's errors in words, one a key: the rule, the value received, the nearest name.

    Args:
        error: of a table.
        noun: what a key of that table is called.
        nearest: advice for an unknown key, by its path; None: as in an experiment.
    """
    advice = nearest or _nearest
    rules: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    messages: list[str] = []
    faults = error.errors()
    wrong = [(fault["loc"], fault["input"]) for fault in faults]
    for fault in faults:
        if fault["loc"][:1] == ("stages",) and (fault["loc"][2:], fault["input"]) in wrong:
            continue  # the stage inherited it: told once, where it was said
        location = [str(part) for part in fault["loc"] if not ALTERNATIVE.match(str(part))]
        key = ".".join(location)
        if fault["type"] == "extra_forbidden":
            messages.append(f"unknown {noun} {key!r}; {advice(location)}")
        elif fault["type"] == "missing":
            messages.append(f"the {noun} {key!r} is missing; add it")
        elif fault["type"] == "value_error" and isinstance(fault["input"], Mapping):
            rule = fault["msg"].removeprefix("Value error, ")  # of a whole table, which says enough
            messages.append(f"{key}: {rule}" if key else rule)
        else:
            plain = IN_PLAIN_WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
            rules.setdefault(key, []).append(plain)
            values[key] = fault["input"]
    for key, texts in rules.items():  # one a key, though each alternative of its type has its own
        rule = " or ".join(text.removeprefix(MUST) for text in texts)
        must = " must be" if texts[0].startswith(MUST) else ":"
        messages.append(f"{key}{must} {rule}, got {values[key]!r}")
    return messages


def _nearest(location: Sequence[str]) -> str:
    """The setting that was probably meant, by its full name."""
    *path, leaf = location
    section: Any = Settings
    for part in path:
        field = getattr(section, "model_fields", {}).get(part)
        section = section if part.isdigit() else _section_of(field.annotation if field else None)
    names = getattr(section, "model_fields", {})
    elsewhere = _names_elsewhere(path, leaf)
    if elsewhere and not get_close_matches(leaf, names):
        return f"did you mean {' or '.join(map(repr, elsewhere))}?"
    prefix = "".join(f"{part}." for part in path)
    return did_you_mean(leaf, names, prefix)


def _names_elsewhere(path: Sequence[str], leaf: str) -> list[str]:
    """The full names of the settings in other sections that are called `leaf`."""
    found: list[str] = []
    for name, field in Settings.model_fields.items():
        section = _section_of(field.annotation)
        if name != "stages" and section and leaf in section.model_fields:
            is_of_stage = path[:1] == ["stages"] and name in Stage.model_fields
            found.append(".".join([*(path[:2] if is_of_stage else []), name, leaf]))
    return found


def _section_of(annotation: Any) -> Any:
    """The table that a field holds; of `tuple[Stage, ...]`, that is `Stage`."""
    inner = [kind for kind in get_args(annotation) if kind is not Ellipsis]
    candidates = inner or [annotation]
    sections = [c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)]
    return sections[0] if sections else None
