"""Settings as TOML files, with `key=value` overrides from the command line on top.

An experiment's TOML says only what differs from the defaults. Where a value is to be tuned, a range
stands in its place.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from foldwise.errors import Complaints, UsageError
from foldwise.settings.combinations import without_effect
from foldwise.settings.experiment import Settings, with_inherited
from foldwise.settings.explaining import explained

RANGE_KEYS = {"low", "high", "choices"}  # no setting is called so
Place = tuple[str, ...]  # the names of a dotted key; [[stages]] are numbered
# what a value is that begins so, and how it ends; words begin with none of these
OPENING = {
    "{": "a range, such as { low = 1e-6, high = 1e-4 }",
    "[": "a list, such as [1, 2]",
    '"': "a quoted text",
}
CLOSING = {"{": "}", "[": "]", '"': '"'}
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def load_experiment(path: Path, overrides: Sequence[str] = ()) -> Settings:
    """The settings in the TOML file `path`, with `key=value` overrides on top.

    Raises:
        UsageError: no TOML, an unknown key (names the nearest), a value of another type or out of
            its range, settings that contradict each other, or a range that only tuning resolves;
            all at once.
    """
    where = f"{path} and the command line" if overrides else str(path)
    return checked_settings(experiment_table(path, overrides), where)


def experiment_table(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The table in the TOML file `path`, with `key=value` overrides on top, not yet checked.

    Raises:
        UsageError: no TOML, or an override that is none.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"no settings: {path} does not exist; restore it or write it") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} must be TOML in UTF-8: {error}") from None
    complaints = Complaints()
    for override in overrides:
        complaints.extend(_apply(table, override))
    complaints.raise_if_any(UsageError)
    return table


def checked_settings(table: Mapping[str, Any], where: str) -> Settings:
    """`table` as Settings; `where` names it in messages.

    Raises:
        UsageError: see `load_experiment`.
    """
    chosen = parsed_settings(table, where)
    complaints = Complaints()
    complaints.extend(f"{where}: {message}" for message in without_effect(chosen))
    complaints.raise_if_any(UsageError)
    return chosen


def parsed_settings(table: Mapping[str, Any], where: str) -> Settings:
    """`table` as Settings of which each value is right by itself; they may contradict each other.

    Raises:
        UsageError: an unknown key, a value of another type or out of its range, or a range that
            only tuning resolves; all at once.
    """
    complaints = Complaints()
    for path, _ in ranges_in(table):
        key = ".".join(path)
        complaints.add(f"{where}: {key} is a range, which only tuning resolves; give it a value")
    complaints.raise_if_any(UsageError)
    try:  # as JSON, where strictness takes a list for a tuple but no "1" or true for 1
        whole = json.dumps(with_inherited(table), default=str)
        return Settings.model_validate_json(whole, strict=True)
    except ValidationError as error:
        complaints.extend(f"{where}: {message}" for message in explained(error))
        complaints.raise_if_any(UsageError)
        raise  # pydantic reports at least one error


def dump_toml(settings: Settings) -> str:
    """`settings` as TOML that `load_experiment` reads back to equal settings."""
    return dump_table(settings.model_dump(mode="json"))


def dump_table(table: Mapping[str, Any]) -> str:
    """An experiment's table as TOML: values first, then a section for each table in it."""
    lines = [
        f"{key} = {literal(value)}" for key, value in table.items() if not isinstance(value, dict)
    ]
    for name, section in table.items():
        if isinstance(section, dict):
            lines += ["", f"[{name}]"]
            lines += [f"{key} = {literal(value)}" for key, value in section.items()]
    return "\n".join(lines) + "\n"


def literal(value: object) -> str:
    """A TOML literal: strings, numbers and booleans are written as in JSON; tables are inline.

    Except that TOML has no surrogate pairs, so that characters stand as they are, and escapes DEL.
    https://toml.io/en/v1.0.0#string
    """
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {literal(inner)}" for key, inner in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(literal(inner) for inner in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else literal(name)


def _apply(table: dict[str, Any], override: str) -> list[str]:
    """Complaints about an override, which is in `table` if there are none."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        return [f"an override is key=value, such as rates.top=2e-5: got {override!r}"]
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError as error:
        if text.strip()[:1] in OPENING:
            return [_broken(key.strip(), text.strip(), error)]
        value = text.strip()  # a word needs no quotation marks on the command line
    *sections, leaf = _parts(key.strip())
    if sections[:1] == ["stages"] and "stages" not in table:
        return [_stageless(key.strip(), [*sections, leaf])]
    place: Any = table
    for section in sections:
        inner = _inside(place, section)
        if not isinstance(inner, dict | list):
            return [f"{key.strip()!r} is no setting: {section!r} {_instead(place)}"]
        place = inner
    if isinstance(place, list):
        return [f"{key.strip()!r} is no setting: {sections[-1]!r} holds tables; set a value in one"]
    place[leaf] = value
    return []


def _stageless(key: str, parts: Sequence[str]) -> str:
    """The complaint about an override of a stage where there are none."""
    _, *number, leaf = parts
    numbered = bool(number) and number[0].isdecimal()
    inner = ".".join([*number[numbered:], leaf])
    whole = "training.epochs" if inner == "epochs" else inner
    advice = f", or say it of the whole training: {whole}" if _is_setting(whole) else ""
    return (
        f"{key!r} is of a stage, but the experiment has none; write [[stages]] into its file"
        f"{advice}"
    )


def _is_setting(key: str) -> bool:
    """Whether a whole experiment has a value of this dotted name, or a table that holds it."""
    section, _, name = key.partition(".")
    field = Settings.model_fields.get(section)
    return name.partition(".")[0] in getattr(field and field.annotation, "model_fields", {})


def _broken(key: str, text: str, error: tomllib.TOMLDecodeError) -> str:
    """The complaint about a range, a list or a quoted text that is no TOML."""
    opening = text[0]
    what = OPENING[opening]
    missing = "" if text[1:].endswith(CLOSING[opening]) else f" that ends in {CLOSING[opening]}"
    return f"{key}: a value that begins with {opening} is {what}{missing}, got {text!r} ({error})"


def _inside(place: Any, section: str) -> Any:
    """What stands at `section` in a table, which gets one there if need be, or in a list."""
    if isinstance(place, dict):
        return place.setdefault(section, {})
    return place[int(section)] if section.isdecimal() and int(section) < len(place) else None


def _instead(place: Any) -> str:
    if isinstance(place, dict):
        return "holds a value, no table"
    return f"is no number of a table; there are {len(place)}, and the first has 0"


def _parts(key: str) -> list[str]:
    """The names in a dotted key; quoted ones as in TOML, others as they are."""
    try:
        inner: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:  # such as rates.groups.layer 3, which TOML would have quoted
        return key.split(".")
    parts = []
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        parts.append(name)
    return parts


def ranges_in(table: Mapping[Any, Any], path: Place = ()) -> list[tuple[Place, Any]]:
    """Where in `table` a range stands instead of a value, and the range as it is written."""
    found: list[tuple[Place, Any]] = []
    for key, value in table.items():
        # [[stages]] are a list of tables
        numbered = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(numbered, dict):
            here = (*path, str(key))
            is_range = isinstance(value, dict) and not RANGE_KEYS.isdisjoint(value)
            found += [(here, value)] if is_range else ranges_in(numbered, here)
    return found
