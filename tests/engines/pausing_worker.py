"""A worker of a fold that pauses in the middle: `pausing_worker.py GO_ON STEP ROOT RUN FOLD`.

From STEP on it takes no further step before the file GO_ON is there. The machines of a busy
computer begin seconds apart, and a tiny fold is trained in one: without a pause the two folds of a
test are never both in the middle.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foldwise.training import worker

SECONDS = 200.0  # less than a test may take: a worker whose driver is gone does not wait for ever


def main(go_on: str, step: str, *arguments: str) -> int:
    """The exit code of the fold's training."""
    speaker = worker.speaker

    def pausing() -> Callable[[dict[str, Any]], None]:
        say = speaker()

        def said(message: dict[str, Any]) -> None:
            say(message)
            if message.get("progress", {}).get("done", 0) >= int(step):
                _wait_for(Path(go_on))

        return said

    vars(worker)["speaker"] = pausing
    return worker.main(*arguments)


def _wait_for(path: Path) -> None:
    until = time.monotonic() + SECONDS
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
