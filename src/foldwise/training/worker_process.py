"""A worker as a subprocess of this process."""

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from foldwise.training.engine import Files, Message


class LocalProcess:
    """A subprocess that says and hears JSON, one object a line."""

    has_machine = True

    def __init__(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,  # Ctrl-C reaches the driver alone, which passes it on once
        )
        self._speaking = threading.Lock()

    def messages(self) -> Iterator[Message]:
        """What it says, until it has ended.

        A line that a kill cut off, or that who knows who printed, is no message: the process is
        ended, and counts as dead.
        """
        for line in self._process.stdout or ():
            message = _parsed(line)
            if message is None:
                self._process.kill()
                break
            yield message
        self._process.wait()

    def say(self, message: Mapping[str, Any]) -> None:
        """Say something to it; nothing happens where it has ended."""
        stream = self._process.stdin
        if stream is None:
            raise ValueError("a worker has standard input")
        try:
            with self._speaking:
                stream.write(json.dumps(message) + "\n")
                stream.flush()
        except (BrokenPipeError, ValueError):  # it has ended, or its input was closed
            return

    def bring(self, _files: Files) -> None:
        """Nothing: the driver's files are at hand."""

    def stop(self) -> None:
        """Ask it to save its work and leave."""
        self._process.terminate()

    def close(self) -> None:
        """Close its standard input, which is what an idle one waits for."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # it ended before it read what was said last
                self._process.stdin.close()

    def exit_code(self) -> int:
        """Its exit code, once it has ended; a negative one is a signal."""
        return self._process.wait()


def _parsed(line: str) -> Message | None:
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None
