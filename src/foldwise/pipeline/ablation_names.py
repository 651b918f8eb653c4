"""Names of an ablation's folders in `runs/`, and which folders are such.

`<experiment>.ablation` holds the result; `<experiment>.ablation.<settings>.seed<n>.<hash>` is a run
like any other. The hash is of all settings, so that the same settings are one run, whatever the
ablation and however it was written, and an experiment that was edited begins new ones.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foldwise.settings import Settings
from foldwise.storage import sha256_of_strings
from foldwise.training.manifest import has_effect

MARK = ".ablation"
RESULT = "ablation.json"  # in the result's folder
LONGEST = 100  # characters of a run's name
LEAST = 20  # of those that say what was changed
DIGITS = 8  # of the hash


def run_name(experiment: str, settings: Settings, changed: Mapping[str, Any]) -> str:
    """The name of the run with these settings, of which those `changed` differ from the base."""
    flat = settings.flat()
    parts = [f"{key}={value!r}" for key, value in sorted(flat.items()) if has_effect(key)]
    tail = f".seed{settings.seed}.{sha256_of_strings(*parts)[:DIGITS]}"
    head = f"{experiment[: LONGEST - len(MARK) - len(tail) - LEAST - 1]}{MARK}."
    return f"{head}{_readable(changed)[: LONGEST - len(head) - len(tail)]}{tail}"


def _readable(changed: Mapping[str, Any]) -> str:
    """What was changed, in the characters that a folder's name may have."""
    words = "_".join(f"{key}-{value}" for key, value in sorted(changed.items())) or "base"
    return re.sub(r"[^A-Za-z0-9._]+", "-", words).strip("-")


def is_run_of_ablation(name: str) -> bool:
    """Whether a run was trained by an ablation."""
    return f"{MARK}." in name


def is_result(folder: Path) -> bool:
    """Whether a folder in `runs/` holds an ablation's result, and so is no run."""
    return (folder / RESULT).is_file()
