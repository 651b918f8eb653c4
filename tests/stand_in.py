"""A program that stands in for `kaggle`: it records its arguments, and says what it is told to."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

SCRIPT = """#!{python}
import json, sys
answers = {answers!r}
command = " ".join(sys.argv[1:3])
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
print(answers.get(command, {says!r}))
sys.exit(1 if command in {failing!r} else {code})
"""


def stand_in_for_kaggle(
    folder: Path,
    patch: pytest.MonkeyPatch,
    says: str = "",
    code: int = 0,
    answers: Mapping[str, str] | None = None,
    failing: Sequence[str] = (),
) -> Path:
    """The file that gets one line a call; the program alone is on the PATH.

    Args:
        folder: of the program.
        patch: puts it on the PATH.
        says: to every command but those in `answers`.
        code: its exit code.
        answers: what it says to commands, by their first two words.
        failing: commands that end with exit code 1.
    """
    folder.mkdir(exist_ok=True)
    log, program = folder / "calls.jsonl", folder / "kaggle"
    program.write_text(
        SCRIPT.format(
            python=sys.executable,
            log=str(log),
            says=says,
            code=code,
            answers=dict(answers or {}),
            failing=tuple(failing),
        ),
        encoding="utf-8",
    )
    program.chmod(0o755)
    patch.setenv("PATH", str(folder))
    log.touch()
    return log


def calls_in(log: Path) -> list[list[str]]:
    """The arguments of each call."""
    return [json.loads(line) for line in log.read_text().splitlines()]
