"""A program that stands in for `kaggle`: it records its arguments, and says what it is told to."""

import json
import sys
from pathlib import Path

import pytest

SCRIPT = """#!{python}
import json, sys
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
print({says!r})
sys.exit({code})
"""


def stand_in_for_kaggle(
    folder: Path, patch: pytest.MonkeyPatch, says: str = "", code: int = 0
) -> Path:
    """The file that gets one line a call; the program alone is on the PATH."""
    folder.mkdir(exist_ok=True)
    log, program = folder / "calls.jsonl", folder / "kaggle"
    program.write_text(
        SCRIPT.format(python=sys.executable, log=str(log), says=says, code=code), encoding="utf-8"
    )
    program.chmod(0o755)
    patch.setenv("PATH", str(folder))
    log.touch()
    return log


def calls_in(log: Path) -> list[list[str]]:
    """The arguments of each call."""
    return [json.loads(line) for line in log.read_text().splitlines()]
