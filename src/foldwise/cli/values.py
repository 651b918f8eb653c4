"""Values of options, from the words they are written with."""

import re
from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path
from typing import Literal

from foldwise.errors import listed

DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h)")
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def duration(text: str) -> float:
    """Seconds of a duration such as 90s, 50m or 8h; a number alone could be any of them."""
    match = DURATION.fullmatch(text)
    if not match:
        raise ArgumentTypeError(
            f"a duration is a number with s, m or h (seconds, minutes, hours), such as 8h or 50m: "
            f"got {text!r}"
        )
    return float(match[1]) * SECONDS[match[2]]


def file_to_write(text: str) -> str:
    """The path of a file that may be written, or replaced: no folder."""
    if not text or Path(text).is_dir():
        raise ArgumentTypeError(
            f"a file is written, but {text!r} is {'a folder' if text else 'no name'}; name a file"
            f"{' in it' if text else ''}"
        )
    nearest = next(folder for folder in Path(text).absolute().parents if folder.exists())
    if not nearest.is_dir():
        raise ArgumentTypeError(f"a file is written into a folder, but {nearest} is none")
    return text


def fold_numbers(text: str) -> tuple[int, ...]:
    """Fold numbers with commas between them, each once."""
    found = _whole_numbers(text, "folds are numbers with commas, such as 0,2")
    return tuple(dict.fromkeys(found))


def seed_numbers(text: str) -> tuple[int, ...]:
    """Seeds with commas between them, all different: equal ones would train the same run."""
    found = _whole_numbers(text, "seeds are numbers with commas, such as 0,1,2")
    if twice := [seed for seed, times in Counter(found).items() if times > 1]:
        raise ArgumentTypeError(
            f"seeds are all different, since equal ones train the same run: got {text!r}; give "
            f"{listed(twice)} once, or another seed instead"
        )
    return found


def shares(text: str) -> tuple[float, ...]:
    """Weights with commas between them; whether they fit the runs is for others to say."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ArgumentTypeError(
            f"weights are numbers with commas, such as 3,1: got {text!r}"
        ) from None


def count(text: str) -> int:
    """A whole number from one."""
    return _whole_from(1, text)


def fold_count(text: str) -> int:
    """A whole number from two."""
    return _whole_from(2, text)


def name(text: str) -> str:
    """A name of something; an empty one, as of a variable that is not set, is none."""
    if not text:
        raise ArgumentTypeError("a name has a character at least: got ''")
    return text


def count_or_auto(text: str) -> int | Literal["auto"]:
    """A whole number from one, or "auto"."""
    return "auto" if text == "auto" else count(text)


def number(text: str) -> int:
    """A whole number from zero."""
    return _whole_from(0, text)


def rate(text: str) -> float:
    """A learning rate, above zero and finite."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"a rate is a number above 0, such as 1e-5: got {text!r}")
    return value


def names(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    found = tuple(part.strip() for part in text.split(","))
    if not all(found):
        raise ArgumentTypeError(f"names with commas, such as target,length: got {text!r}")
    return found


def _whole_numbers(text: str, rule: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(_is_whole(part) for part in parts):
        raise ArgumentTypeError(f"{rule}: got {text!r}")
    return tuple(int(part) for part in parts)


def _whole_from(least: int, text: str) -> int:
    if not _is_whole(text) or int(text) < least:
        raise ArgumentTypeError(f"a whole number from {least}: got {text!r}")
    return int(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
