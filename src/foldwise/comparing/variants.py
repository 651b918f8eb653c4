"""Variants as words: `key=a,b` is one a value, `"key=a other=b"` is one of several settings."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from foldwise.errors import Complaints, UsageError, listed

NAMED = re.compile(r"([A-Za-z0-9][\w.-]*):\s*(?=\S)")
NEXT_SETTING = re.compile(r"\s+(?=[A-Za-z_][\w.-]*(?: [0-9]+)?=)")  # also rates.groups.head 0=
CLOSING = {"[": "]", "{": "}"}


@dataclass(frozen=True)
class Variant:
    """What differs from the base.

    Attributes:
        name: in tables: as given, or its settings.
        overrides: `key=value`, as on the command line of `foldwise train`.
    """

    name: str
    overrides: tuple[str, ...]


def parsed_variants(words: Sequence[str]) -> list[Variant]:
    """The variants that the words of a command line ask for.

    `key=a,b` is two variants; commas inside brackets, braces and quotes do not count. A word of
    several settings, `key=a other=b`, is one variant, and `name: key=a other=b` names it.

    Raises:
        UsageError: what is wrong with any of the words, all at once.
    """
    variants: list[Variant] = []
    complaints = Complaints()
    for word in words:
        try:
            variants += _variants(word)
        except UsageError as error:
            complaints.extend(error.complaints)
    repeated = [name for name, times in Counter(v.name for v in variants).items() if times > 1]
    if repeated:
        complaints.add(f"each variant is trained once, but {listed(repeated)} is named again")
    complaints.raise_if_any(UsageError)
    return variants


def _variants(word: str) -> list[Variant]:
    """The variants of one word."""
    named = NAMED.match(word)
    text = word[named.end() :] if named else word
    settings = [_setting(part, word) for part in _settings_in(text, word)]
    if len(settings) > 1:
        overrides = tuple(f"{key}={values[0]}" for key, values in settings)
        _check_compound(settings, word)
        return [Variant(named[1] if named else " ".join(overrides), overrides)]
    key, values = settings[0]
    if named and len(values) > 1:
        raise UsageError(f"a name is of one variant, got {len(values)} values in {word!r}")
    return [Variant(named[1] if named else f"{key}={v}", (f"{key}={v}",)) for v in values]


def _check_compound(settings: Sequence[tuple[str, list[str]]], word: str) -> None:
    complaints = Complaints()
    for key, values in settings:
        if len(values) > 1:
            complaints.add(
                f"a variant of several settings has one value each, but {key} has {len(values)} "
                f"in {word!r}; write one word a variant"
            )
    repeated = [key for key, times in Counter(key for key, _ in settings).items() if times > 1]
    if repeated:
        complaints.add(f"a variant has each setting once, got {listed(repeated)} again in {word!r}")
    complaints.raise_if_any(UsageError)


def _settings_in(text: str, word: str) -> list[str]:
    """`text` cut before each further `key=`."""
    outside = set(_outside(text, word))
    parts, begin = [], 0
    for match in NEXT_SETTING.finditer(text):
        if match.start() in outside and "=" in text[begin : match.start()]:
            parts.append(text[begin : match.start()])
            begin = match.end()
    return [*parts, text[begin:]]


def _setting(part: str, word: str) -> tuple[str, list[str]]:
    """Key and values of `key=value,value`."""
    key, equals, text = part.partition("=")
    commas = [i for i in _outside(text, word) if text[i] == ","]
    bounds = [-1, *commas, len(text)]
    values = [text[a + 1 : b].strip() for a, b in pairwise(bounds)]
    if not equals or not key.strip() or not all(values):
        raise UsageError(
            f"a variant is key=value,value or 'key=value other=value', such as "
            f"pooling.kind=max,attention: got {word!r}"
        )
    return key.strip(), values


def _outside(text: str, word: str) -> Iterator[int]:
    """The positions in `text` that are inside no brackets, braces or quotes.

    Raises:
        UsageError: one of them is not closed.
    """
    awaited: list[str] = []  # what closes each that is open, the innermost last
    escaped = False
    for i, character in enumerate(text):
        quote = awaited[-1] if awaited and awaited[-1] in "\"'" else ""
        if escaped:
            escaped = False
        elif quote:
            escaped = quote == '"' and character == "\\"
            if character == quote:
                awaited.pop()
        elif character in "\"'":
            awaited.append(character)
        elif character in CLOSING:
            awaited.append(CLOSING[character])
        elif awaited and character == awaited[-1]:
            awaited.pop()
        elif not awaited:
            yield i
    if awaited:
        raise UsageError(f"{awaited[-1]} is missing in {word!r}; close it, or quote the value")
