"""Calls of the kaggle program: with argument lists, never through a shell.

The program is called, never imported: its package pulls in much, and a release of it can lack a
dependency. https://github.com/Kaggle/kaggle-api
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from foldwise.errors import DataError, FoldwiseError, UsageError

SHOWN_LINES = 6
AUTHORISE = "make a token at https://www.kaggle.com/settings (API)"
NO_PROGRAM = f"there is no program 'kaggle' on PATH: pip install kaggle, and {AUTHORISE}"

Remedies = tuple[tuple[re.Pattern[str], str], ...]

# What the program says -> what to do about it, in the order of asking.
OF_EVERY_CALL: Remedies = (
    (
        re.compile(r"max retries|failed to resolve|connection", re.I),
        "Kaggle is out of reach: check the network",
    ),
    (
        re.compile(
            r"\b401\b|unauthori[sz]ed|kaggle\.json|authenticat|credential|access.token", re.I
        ),
        f"it is not authorised: {AUTHORISE}, and put it where the program says it looks",
    ),
)
FORBIDDEN = re.compile(r"\b403\b|forbidden|accept.*rules", re.I)
UNKNOWN = re.compile(r"\b404\b|not found", re.I)
RULES = (
    "the rules are not accepted: open https://www.kaggle.com/competitions/{slug}/rules while "
    "logged in and accept them"
)
REMEDIES: Remedies = (  # of calls about a competition
    *OF_EVERY_CALL,
    (FORBIDDEN, RULES),
    (UNKNOWN, "there is no such competition: check source.kaggle in competition.toml"),
)


@dataclass(frozen=True)
class Called:
    """What a call of the program came to.

    Attributes:
        fault: why it did nothing, with the next step; empty: the program says it succeeded.
        said: all it printed.
        kind: the error that a fault is: what is not installed is no fault of any data.
    """

    fault: str
    said: str
    kind: type[FoldwiseError] = DataError


def has_program() -> bool:
    """Whether there is a program `kaggle` to call."""
    return shutil.which("kaggle") is not None


def call_kaggle(
    arguments: Sequence[str], seconds: float, slug: str = "", remedies: Remedies = REMEDIES
) -> Called:
    """What `kaggle` says to `arguments`; a fault where it is not there, fails, or takes too long.

    Args:
        arguments: after the program's name.
        seconds: how long it may take.
        slug: of the competition it is about, for advice.
        remedies: what the program may say, and what to do about it then.
    """
    program = shutil.which("kaggle")
    if program is None:
        return Called(NO_PROGRAM, "", UsageError)
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Called(f"it was stopped after {seconds} seconds", "")
    said = f"{done.stdout}\n{done.stderr}"
    fault = reason(slug, said, done.returncode, remedies) if done.returncode else ""
    return Called(fault, said)


def reason(slug: str, output: str, returncode: int, remedies: Remedies = REMEDIES) -> str:
    """Why the program failed, from what it said, and what to do about it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()][-SHOWN_LINES:]
    remedy = next((text for pattern, text in remedies if pattern.search(output)), "")
    said = "\n    ".join(lines) or "nothing"
    parts = [f"exit code {returncode}", remedy.format(slug=slug), f"it said:\n    {said}"]
    return "; ".join(part for part in parts if part)
